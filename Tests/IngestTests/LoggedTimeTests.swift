import Domain
import Runtime
import Testing

@testable import Ingest

/// Times as loggers write them.
@Suite struct LoggedTimeTests {
    @Test(arguments: [
        "2026-11-30T20:00:08.123Z", "2026-11-30t20:00:08.123z", "2026-11-30 20:00:08,123Z",
        "2026-11-30T21:00:08.123+01:00",
        "2026-11-30T20:00:08.123+0000", "2026-11-30T15:00:08,123456789-0500", "2026-11-30T22:00:08.123+02",
        "2026-11-30 20:00:08.123 +0000 UTC", "2026-11-30 20:00:08.123 UTC", "2026-11-30  20:00:08.123  GMT ",
        "2026/11/30 20:00:08.123Z", "20261130T200008.123Z", "20261130T200008,1239+0000",
        "2026-11-30T21:00:08.123+01:00[Europe/Berlin]", "Mon, 30 Nov 2026 20:00:08.123 +0000",
        "30 Nov 2026 12:00:08.123 PST", "30/Nov/2026:20:00:08.123 +0000",
        "Monday, 30-Nov-2026 20:00:08.123 GMT",
        "Mon Nov 30 20:00:08.123 UTC 2026", "1796068808.123", "1796068808123", "1796068808123456",
        "1796068808123456789",
        " 1796068808123 ", "1.796068808123e9", "1796068808123.4",
    ])
    func `names one instant, however it is written`(text: String) {
        #expect(LoggedTime(text) == .instant(Timestamp(milliseconds: 1_796_068_808_123)))
    }

    @Test(arguments: [
        "2026-11-30T20:00:08.123", "2026-11-30 20:00:08,123", "2026/11/30 20:00:08.1234",
        "20261130T200008.123",
        "30/Nov/2026:20:00:08.123", "Nov 30 20:00:08.123 2026",
    ])
    func `is a clock's reading where no zone is named`(text: String) {
        #expect(LoggedTime(text) == .local(Timestamp(milliseconds: 1_796_068_808_123)))
    }

    @Test(arguments: [
        "", " ", "yesterday", "2026-11-31T20:00:08Z", "2026-13-01T20:00:08Z", "2026-11-30T24:00:08Z",
        "2026-11-30T20:60:08Z",
        "2026-11-30T20:00:61Z", "2026-11-30", "20:00:08", "2026-11-30T20:00:08.Z",
        "2026-11-30T20:00:08 CET+X",
        "2026-11-30T20:00:08+1", "2026-11-30T20:00:08+25:00", "2026-11-30T20:00:08Z tail",
        "30/Foo/2026:20:00:08", "nan", "inf",
        "9999999999999999999999", "1e300", "0x10", "2026-11/30T20:00:08", "Nov 30 20:00:08",
    ])
    func `is no time that could be another one`(text: String) { #expect(LoggedTime(text) == nil) }

    @Test func `reads an epoch in the unit that its size says`() {
        let cases: [(Int64, Int64)] = [
            (0, 0), (-1, -1000), (99_999_999_999, 99_999_999_999_000), (100_000_000_000, 100_000_000_000),
            (99_999_999_999_999, 99_999_999_999_999), (100_000_000_000_000, 100_000_000_000),
            (1_796_068_808_123_999, 1_796_068_808_123), (1_796_068_808_123_999_999, 1_796_068_808_123),
            (-1_796_068_808_123_001, -1_796_068_808_124),
        ]
        for (epoch, milliseconds) in cases {
            #expect(LoggedTime(epoch: epoch) == .instant(Timestamp(milliseconds: milliseconds)), "\(epoch)")
        }
        #expect(LoggedTime(epoch: 1_796_068_512.5) == .instant(Timestamp(milliseconds: 1_796_068_512_500)))
        #expect(LoggedTime(epoch: Double(1e30)) == nil)
    }

    @Test func `the configured zone says when a clock shows something, in summer and in winter`() throws {
        let berlin = try #require(LogZone("Europe/Berlin"))
        let cases = [
            ("2026-01-15T12:00:00", "2026-01-15T11:00:00Z"), ("2026-07-15T12:00:00", "2026-07-15T10:00:00Z"),
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"), ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            // A clock never shows this; it is counted on from before.
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            // A clock shows this twice; the first counts.
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"), ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        ]
        for (local, instant) in cases {
            guard case .local(let shown)? = LoggedTime(local) else {
                Issue.record("\(local)")
                continue
            }
            #expect(
                berlin.instant(of: shown.milliseconds) == Timestamp(rfc3339: instant)?.milliseconds,
                "\(local)"
            )
        }
        let shifted = try #require(LogZone("-05:30"))
        #expect(shifted.instant(of: 0) == 19_800_000)
        #expect(LogZone.utc.instant(of: -1) == -1)
        for bad in ["", "Berlin", "Europe/Nowhere", "+1", "+25:00", "+01:60", "+0100", "CET", "utc"] {
            #expect(LogZone(bad) == nil, "\(bad)")
        }
    }

    @Test func `a record's time without a zone is in the configured one, and flagged`() throws {
        let decoder = RecordDecoder(zone: try #require(LogZone("+02:00")))
        let line = sample(["time": #""2026-11-30 20:00:08,123""#])
        guard case .record(let record) = decoder.decode(Array(line.utf8)) else {
            Issue.record("lost")
            return
        }
        #expect(record.time.description == "2026-11-30T18:00:08.123Z")
        #expect(record.degraded == [DegradedField("time", "zone_assumed")])
    }
}
