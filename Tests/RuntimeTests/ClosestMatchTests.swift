import Runtime
import Testing

@Suite struct ClosestMatchTests {
    @Test func `edit distance agrees with its definition`() {
        #expect(editDistance("", "abc") == 3)
        #expect(editDistance("kitten", "sitting") == 3)
        #expect(editDistance("ab", "ba") == 1)
        #expect(closestMatch(to: "treshold", in: ["cap", "threshold"]) == "threshold")
        #expect(closestMatch(to: "xyz", in: ["cap", "threshold"]) == nil)
        #expect(closestMatch(to: "cap", in: []) == nil)
    }
}
