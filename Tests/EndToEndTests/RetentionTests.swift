import Foundation
import Recordings
import Testing

extension RecordedTests {
    /// Old days are deleted, and what remains can still be computed again.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct RetentionTests {
        /// The begin of the trace on two days, forty and forty-two days ago.
        private func lines() throws -> [String] {
            let lines = try RecordedText.read(Fashion.trace).split(separator: "\n").prefix(600)
            let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            // The trace is of one morning: moved by whole days, each half stays within one.
            let days = (Date.now.timeIntervalSince1970 / 86_400).rounded(.down) - 20_514 - 40
            return try lines.enumerated().map { number, line in
                let match = try #require(try /"time":"([^"]+)"/.firstMatch(in: line))
                let time = try format.parse(String(match.1)) + (days - (number < 300 ? 2 : 0)) * 86_400
                return line[..<match.1.startIndex] + format.format(time) + line[match.1.endIndex...] + "\n"
            }
        }

        @Test
        func
            `what is due goes day by day, unless it is held, and the rest is recomputed to the same integers`()
            async throws
        {
            let sandbox = try await Fashion.calibrated()
            try sandbox.append(try lines().joined())
            try await sandbox.succeed(["replay", sandbox.path()])
            let all = try await sandbox.succeed(["recompute", "--all"])
            #expect(all.output.contains("every sample is identical"), "\(all.output)")
            sandbox.settings += [
                "retention.scores=30d", "retention.observations=0s", "retention.dead_letters=30d",
            ]
            let days = "select count(distinct date_trunc('day', time)) from riskd.sample"
            let samples = try await sandbox.numbers("select count(*) from riskd.sample").first ?? 0
            let before = try await sandbox.numbers(days).first ?? 0
            #expect(before == 3)

            try await sandbox.succeed(["hold", "add", "--reason", "case 7", "--as", "olga"])
            let held = try await sandbox.succeed(["retention", "--delete"])
            #expect(held.errors.contains("nothing is deleted during a hold"))
            #expect(try await sandbox.numbers("select count(*) from riskd.sample") == [samples])
            try await sandbox.succeed(["hold", "release", "1", "--as", "olga"])
            #expect(try await sandbox.run(["hold", "release", "1"]).code == 1)

            let shown = try await sandbox.succeed(["retention", "-o", "csv"])
            #expect(shown.output.contains("retention.observations,for good"))
            // Records of forty days ago: a daemon would rather believe that its clock is wrong.
            #expect(shown.errors.contains("riskd run deletes nothing, --delete does"), "\(shown.errors)")
            let deleted = try await sandbox.succeed(["retention", "--delete", "-o", "csv"]).output
            #expect(deleted.contains("tick_histogram,") && deleted.contains("sample,"), "\(deleted)")
            // The day of the last closed tick stays.
            #expect(try await sandbox.numbers(days) == [1])
            let kept = try await sandbox.numbers("select count(*) from riskd.sample").first ?? 0
            #expect(kept > 20 && kept < samples)
            let noted = try await sandbox.numbers(
                "select rows from riskd.deletion where dataset = 'sample' and rule = 'retention.scores'"
            )
            #expect(noted.reduce(0, +) == samples - kept)
            #expect(try await sandbox.numbers("select count(*) from riskd.observation") == [600])

            let rest = try await sandbox.succeed(["recompute", "--all"])
            #expect(rest.output.hasPrefix("\(kept) samples"), "\(rest.output)")
            #expect(rest.output.contains("every sample is identical") && rest.errors.contains("are deleted"))
            let gone = try await sandbox.run(["recompute", "1"])
            #expect(gone.code == 1 && gone.errors.contains("sample 1 is deleted"), "\(gone.errors)")
            let first = try await sandbox.numbers("select min(id) from riskd.sample").first ?? 0
            try await sandbox.succeed(["recompute", "\(first)"])

            let nothing = try await sandbox.succeed(["retention", "--delete"])
            #expect(nothing.errors.contains("nothing was due"))
            // Records go on being scored, and late ones of deleted days find a place.
            try sandbox.append(LogLine.records(0..<20))
            try await sandbox.succeed(["replay", sandbox.path()])
            let again = try await sandbox.succeed(["recompute", "--all"])
            #expect(again.output.contains("every sample is identical"), "\(again.output)")

            let now = LogLine.time(Int64(Date.now.timeIntervalSince1970 * 1000))
            try sandbox.append(LogLine.record(20, ["time": "\"\(now)\""]) + "\n")
            try await sandbox.succeed(["replay", sandbox.path()])
            let recent = try await sandbox.succeed(["retention", "-o", "csv"])
            #expect(!recent.errors.contains("deletes nothing"), "\(recent.errors)")
        }
    }
}
