import Domain
import Testing

@Suite struct ULIDTests {
    /// The example of the ULID specification's time part: 1469918176385 is 01ARYZ6S41.
    @Test func `the first ten digits are the time`() {
        let time = Timestamp(milliseconds: 1_469_918_176_385)
        let id = ULID(time: time, digest: [UInt8](repeating: 0, count: 10))
        #expect(id.description == "01ARYZ6S410000000000000000")
        let last = ULID(time: time, digest: [UInt8](repeating: 255, count: 32))
        #expect(last.description == "01ARYZ6S41ZZZZZZZZZZZZZZZZ")
        #expect(id < last)
    }

    @Test func `what is printed is parsed`() {
        let id = ULID(time: Timestamp(milliseconds: 1_788_257_741_123), digest: Array(1...10))
        #expect(ULID(id.description) == id)
        #expect(MessageID("msg_\(id)")?.value == id)
        #expect(AlertID("\(id)")?.description == id.description)
    }

    @Test(arguments: ["", "01ARYZ6S41", "81ARYZ6S410000000000000000", "01ARYZ6S41000000000000000U", "msg_"])
    func `what is no id is refused`(text: String) {
        #expect(ULID(text) == nil)
        #expect(MessageID(text) == nil)
    }
}
