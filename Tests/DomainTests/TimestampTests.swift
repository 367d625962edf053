import Testing

@testable import Domain

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-03-02T08:08:17.995Z", 1_772_438_897_995),
            ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29 12:00:00.5+01:30", 1_709_202_600_500),
            ("2016-12-31T23:59:60Z", 1_483_228_799_999), ("1985-04-12t23:20:50.5219z", 482_196_050_521),
        ] as [(String, Int64)]
    )
    func `reads RFC 3339`(text: String, milliseconds: Int64) throws {
        #expect(try #require(Timestamp(rfc3339: text)).milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-03-02", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+0100",
    ])
    func `refuses what is not RFC 3339`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `prints what it reads`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let time = Timestamp(
                milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            )
            #expect(try #require(Timestamp(rfc3339: time.description)) == time)
        }
    }
}
