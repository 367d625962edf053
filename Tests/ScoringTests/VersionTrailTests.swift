import Testing

@testable import Scoring

@Suite struct VersionTrailTests {
    /// How often a model counts as another version and as its own again.
    private func changes(_ count: Int, _ trail: inout VersionTrail, isOther: (Int) -> Bool) -> Int {
        var changes = 0
        for index in 0..<count {
            let before = trail.isOther
            trail.add(isOther(index) ? "2" : "1")
            if trail.isOther != before { changes += 1 }
        }
        return changes
    }

    @Test("no steady mixture of versions goes up and down: most records decide", arguments: 0...20)
    func mixtures(twentieths: Int) {
        for first in 0..<20 {
            var trail = VersionTrail(calibrated: "1")
            let count = changes(8000, &trail) { ($0 + first) * 7 % 20 < twentieths }
            if twentieths <= 7 { #expect(count == 0, "\(twentieths) \(first)") }
            if twentieths >= 12 { #expect(count == 1 && trail.isOther, "\(twentieths) \(first)") }
            #expect(count <= 1)
        }
    }

    @Test("another version is noticed within 33 records of a busy model, and the way back within 49")
    func noticed() {
        var trail = VersionTrail(calibrated: "1")
        #expect(changes(1000, &trail) { _ in false } == 0)
        #expect(changes(32, &trail) { _ in true } == 0)
        #expect(changes(1, &trail) { _ in true } == 1)
        #expect(changes(100, &trail) { _ in true } == 0)
        #expect(changes(48, &trail) { _ in false } == 0)
        #expect(changes(1, &trail) { _ in false } == 1)
    }

    @Test("a trail that is stored after every record and taken up again is the same")
    func stored() throws {
        var (whole, broken) = (VersionTrail(calibrated: "v-ü"), VersionTrail(calibrated: "v-ü"))
        for index in 0..<500 {
            let version = index % 100 < 60 ? "w" : "v-ü"
            whole.add(version)
            broken.add(version)
            broken = try #require(VersionTrail(packed: broken.packed))
            #expect(whole == broken)
        }
        #expect(VersionTrail(packed: [1, 2, 3]) == nil)
    }
}
