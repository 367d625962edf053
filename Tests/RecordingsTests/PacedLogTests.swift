import Domain
import Foundation
import Pipeline
import RiskdTesting
import Runtime
import Testing

@testable import Recordings

/// Logs at another pace, against the rule written down plainly.
@Suite struct PacedLogTests {
    private let folder = TestCluster.temporaryDirectory("pace")

    /// One line as it is written here, and what was written of it there.
    private struct Line: Equatable {
        let id: String
        let user: String
        /// Microseconds since 1970.
        let time: Int64
        /// The line without its time.
        let rest: String
    }

    private static func line(_ id: String, _ time: String, user: String = "u") -> String {
        """
        {"id":"\(id)", "note":"\\u0041 \\"time\\" ", "time" : "\(time)","model":"m","user":"\(user)",\
        "prediction":{"class":"a","probability":0.5},"extra":[1,{"time":"x"}]}

        """
    }

    private static func lines(_ text: String) throws -> [Line] {
        try text.split(separator: "\n").map { line in
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            )
            let time = try #require(object["time"] as? String)
            return Line(
                id: try #require(object["id"] as? String),
                user: try #require(object["user"] as? String),
                time: try microseconds(time),
                rest: line.replacingOccurrences(of: "\"\(time)\"", with: "\"\"")
            )
        }
    }

    /// As Foundation reads the second; the fraction by hand, because a `Date` does not hold every microsecond.
    private static func microseconds(_ text: String) throws -> Int64 {
        let match = try #require(try /(.+:\d\d)(\.(\d+))?(Z|[+-]\d\d:\d\d)/.wholeMatch(in: text))
        let format = ISO8601DateFormatter()
        format.formatOptions = .withInternetDateTime
        let date = try #require(format.date(from: "\(match.1)\(match.4)"))
        let fraction = (match.3.map(String.init) ?? "").padding(toLength: 6, withPad: "0", startingAt: 0)
        return Int64(date.timeIntervalSince1970) * 1_000_000 + (Int64(fraction) ?? 0)
    }

    /// The rule: the first record of a burst stays, each further one comes a gap later; sorted, and stable.
    private static func moved(
        _ lines: [Line],
        gap: (String) -> Int64?,
        burst: (Line) -> String?
    ) -> [Line] {
        var (starts, sizes): ([String: Int64], [String: Int64]) = ([:], [:])
        let times = lines.map { line -> Int64 in
            guard let burst = burst(line) else { return line.time }
            starts[burst] = starts[burst] ?? line.time
            defer { sizes[burst, default: 0] += 1 }
            guard let gap = gap(burst), let start = starts[burst] else { return line.time }
            return start + (sizes[burst] ?? 0) * gap
        }
        return lines.indices.sorted { (times[$0], $0) < (times[$1], $1) }.map {
            Line(id: lines[$0].id, user: lines[$0].user, time: times[$0], rest: lines[$0].rest)
        }
    }

    private func write(
        _ text: String,
        attempts: Int64?,
        benign: Int64?,
        zone: LogZone = .utc,
        burst: (RecordID, UserID) throws -> PacedLog.Burst?
    ) throws -> (lines: [Line], unusable: Int) {
        let log = folder + "/log"
        try text.write(toFile: log, atomically: true, encoding: .utf8)
        return try write(log: log, attempts: attempts, benign: benign, zone: zone, burst: burst)
    }

    private func write(
        log: String,
        attempts: Int64?,
        benign: Int64?,
        zone: LogZone = .utc,
        burst: (RecordID, UserID) throws -> PacedLog.Burst?
    ) throws -> (lines: [Line], unusable: Int) {
        defer { removeTemporaryDirectory(folder) }
        let paced = try PacedLog(
            [log],
            maximumLine: 1 << 20,
            zone: zone,
            spool: folder + "/spool",
            progress: { _, _ in },
            burst: burst
        )
        try paced.write(to: folder + "/paced", attempts: attempts, benign: benign)
        return (try Self.lines(try RecordedText.read(folder + "/paced")), paced.unusable)
    }

    @Test(arguments: [20_000, 1_000_000, 2000, 1, nil] as [Int64?], [50_000, nil] as [Int64?])
    func `a recorded trace is moved exactly, and nothing else of it changes`(
        _ attempts: Int64?,
        _ benign: Int64?
    ) throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/fashion")
        let log = fixture.appending(path: "fashion-dev.ndjson.xz").path
        let rows = try RecordedText.read(fixture.appending(path: "fashion-dev.truth.csv.gz").path)
            .split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        let truth = Dictionary(
            uniqueKeysWithValues: rows.map { ($0[0], (style: $0[1], attempt: $0[3])) }
        )
        let recorded = try Self.lines(try RecordedText.read(log))
        let expected = Self.moved(recorded, gap: { $0.hasPrefix("attempt") ? attempts : benign }) { line in
            guard let entry = truth[line.id] else { return nil }
            if !entry.attempt.isEmpty { return "attempt \(entry.attempt)" }
            return ["benign:plain", "benign:mixed"].contains(entry.style) ? nil : "benign \(line.user)"
        }
        let written = try write(log: log, attempts: attempts, benign: benign) { record, user in
            let entry = try #require(truth[record.name])
            if !entry.attempt.isEmpty { return PacedLog.Burst(.attempt, entry.attempt) }
            let isPlain = ["benign:plain", "benign:mixed"].contains(entry.style)
            return isPlain ? nil : PacedLog.Burst(.benign, user.name)
        }
        #expect(written.unusable == 0)
        #expect(written.lines == expected)
        #expect((attempts == nil && benign == nil) == (written.lines == recorded))
    }

    @Test func `microseconds and other zones count, ties keep their order, and bad lines are left out`()
        throws
    {
        let text =
            Self.line("a", "2026-03-02T08:00:00.000123Z") + "no record\n"
            + Self.line("b", "2026-03-02T10:00:00.5+02:00") + Self.line("c", "2026-03-02T08:00:00.0003Z")
            + Self.line("d", "2026-03-02T08:00:01Z") + Self.line("e", "2026-03-02T08:00:00.0001239Z")
        let (lines, unusable) = try write(text, attempts: 100, benign: nil) { record, _ in
            ["a", "d"].contains(record.name) ? PacedLog.Burst(.attempt, "i") : nil
        }
        let eight = try Self.microseconds("2026-03-02T08:00:00Z")
        #expect(lines.map(\.id) == ["a", "e", "d", "c", "b"])
        #expect(lines.map { $0.time - eight } == [123, 123, 223, 300, 500_000])
        #expect(unusable == 1)
    }

    @Test func `whatever way a time is written, its record is moved, by the value that counts`() throws {
        func line(_ id: String, _ members: String) -> String {
            let answer = #"{"class":"a","probability":0.5}"#
            return #"{"id":"\#(id)",\#(members),"model":"m","user":"u","prediction":\#(answer)}"# + "\n"
        }
        let text =
            line("a", #""time":"2026-03-02 10:00:00,250""#) + line("b", #""time": 1772438401 "#)
            + line("c", #""time":"2020-01-01T00:00:00Z","time":1772438402000"#)
            + line("d", #""time":"02/Mar/2026:10:00:03""#) + line("e", #""time":"2026-03-02T08:00:00.1Z""#)
        let zone = try #require(LogZone("+02:00"))
        let (lines, unusable) = try write(text, attempts: 10_000, benign: nil, zone: zone) { record, _ in
            record.name == "e" ? nil : PacedLog.Burst(.attempt, "i")
        }
        let eight = try Self.microseconds("2026-03-02T08:00:00Z")
        #expect(lines.map(\.id) == ["e", "a", "b", "c", "d"])
        #expect(lines.map { $0.time - eight } == [100_000, 250_000, 260_000, 270_000, 280_000])
        #expect(unusable == 0)
    }

    @Test func `a time after the year 9999 is refused`() {
        let text = Self.line("a", "9999-12-31T23:59:59Z") + Self.line("b", "9999-12-31T23:59:59.5Z")
        #expect(throws: StartupError.self) {
            try write(text, attempts: 1_000_000, benign: nil) { _, _ in PacedLog.Burst(.attempt, "i") }
        }
    }
}
