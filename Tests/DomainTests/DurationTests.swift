import Domain
import Testing

@Suite struct DurationTests {
    @Test(arguments: [
        ("0s", 0), ("200ms", 200), ("10s", 10_000), ("90s", 90_000), ("5m", 300_000), ("4h", 14_400_000),
        ("7d", 604_800_000),
    ])
    func `durations parse and print`(_ text: String, _ milliseconds: Int) {
        #expect(Duration(text: text) == .milliseconds(milliseconds))
        #expect(Duration.milliseconds(milliseconds).text == text)
    }

    @Test(arguments: ["", "s", "5", "5 s", "-5s", "1.5h", "5S", "99999999999999999d", "५s"])
    func `what is no duration is refused`(_ text: String) {
        #expect(Duration(text: text) == nil)
    }
}
