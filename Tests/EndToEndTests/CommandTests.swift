import Foundation
import Testing

extension RecordedTests {
    /// What people type, against a replayed database.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct CommandTests {
        private static let commands = [
            "run", "replay", "check", "migrate", "calibrate", "calibrate build", "calibrate verify",
            "calibrate activate", "calibrate list", "calibrate show", "calibrate relearn", "risk", "history",
            "campaigns", "explain", "recompute", "evaluate", "evaluate opinion", "train", "train encoder",
            "train autoencoder", "play", "dump", "demo", "config", "completion", "audit", "audit query",
            "audit export",
        ]

        @Test(arguments: commands)
        func `prints help`(of command: String) async throws {
            let sandbox = try await Sandbox(database: "dbname=none")
            let words = command.split(separator: " ").map(String.init)
            let result = try await DaemonProcess.run(words + ["--help"], in: sandbox.directory)
            #expect(result.code == 0 && result.errors.isEmpty)
            #expect(result.output.contains("Usage: riskd \(command)"))
        }

        @Test func `ends with 0 when done, 1 when it failed and 2 when it was not understood`() async throws {
            let sandbox = try await Sandbox(database: "host=/nowhere dbname=none")
            func code(_ words: String, _ more: [String] = []) async throws -> Int32 {
                let arguments = words.split(separator: " ").map(String.init) + more
                let result = try await DaemonProcess.run(arguments, in: sandbox.directory)
                #expect(result.code == 0 || result.errors.contains("error") || result.errors.contains(":"))
                return result.code
            }
            #expect(try await code("--version") == 0)
            #expect(try await code("config") == 0)
            for words in ["nonsense", "risk --nonsense", "replay", "explain x", "run --set", "dump nothing"] {
                #expect(try await code(words, words == "dump nothing" ? sandbox.flags : []) == 2, "\(words)")
            }
            #expect(try await code("risk", sandbox.flags) == 1)
            #expect(try await code("replay nowhere.ndjson", sandbox.flags) == 1)
            #expect(try await code("config nowhere.yaml") == 1)
            #expect(try await code("run --set scoring.tick=0s") == 1)
            #expect(try await code("run", sandbox.flags) == 1)
        }

        @Test func `shows a history as table, JSON and CSV with the same rows`() async throws {
            let sandbox = try await Fashion.replayed()
            let stored = try await sandbox.numbers(
                "select id from riskd.sample where entity_name = 'user-041' order by id"
            )
            #expect(stored.count > 5)
            let table = try await sandbox.succeed(["history", "user-041"]).output.split(separator: "\n")
            #expect(table.first?.hasPrefix("TIME ") == true)
            #expect(table.dropFirst().map { Int($0.split(separator: " ")[1]) } == stored)
            let csv = try await sandbox.succeed(["history", "user:fashion/user-041", "-o", "csv"]).output
            let lines = csv.split(whereSeparator: \.isNewline)
            #expect(lines.first == "time,sample,queries,level,score,lane,derived,why")
            #expect(lines.dropFirst().map { Int($0.split(separator: ",")[1]) } == stored)
            let json = try await sandbox.succeed(["history", "user-041", "-o", "json"]).output
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
            )
            #expect(rows.map { $0["sample"] as? Int } == stored)
            #expect(rows.contains { $0["level"] as? String == "medium" })
        }

        @Test func `explains a sample by parts that sum to its score, and by its queries`() async throws {
            let sandbox = try await Fashion.replayed()
            let sample = try #require(
                try await sandbox.numbers(
                    """
                    select id from riskd.sample where entity_kind = 'user' and queries > 0
                    order by score desc limit 1
                    """
                ).first
            )
            let text = try await sandbox.succeed(["explain", "\(sample)"]).output
            #expect(text.hasPrefix("sample \(sample): "))
            #expect(text.contains("= score"))
            let json = try await sandbox.succeed(["explain", "\(sample)", "-o", "json"]).output
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            )
            let parts = try #require(object["contributions"] as? [[String: Any]])
            let sum = parts.reduce(0) { $0 + ($1["milli"] as? Int ?? 0) }
            #expect(sum == object["score_milli"] as? Int)
            #expect(sum > 0)
            #expect((object["queries_scored"] as? [Any])?.count == object["queries"] as? Int)
            #expect(try await sandbox.run(["explain", "99999999"]).code == 1)
        }

        @Test func `evaluates all 34 attack instances of the trace`() async throws {
            let sandbox = try await Fashion.replayed()
            let truth = Fashion.path("fashion-dev.truth.csv.gz")
            let json = try await sandbox.succeed([
                "evaluate", "--truth", truth, "--alarm-rung", "1", "-o", "json",
            ]).output
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            )
            let attacks = try #require(object["attacks"] as? [[String: Any]])
            let all = try #require(attacks.first { $0["attack"] as? String == "all" })
            #expect(all["instances"] as? Int == 34)
            #expect(all["queries"] as? Int == 1960)
            #expect((all["detected"] as? Int ?? 0) >= 25)
            #expect(object["missing"] as? Int == 0 && object["unknown"] as? Int == 0)
            let styles = try #require(object["benign_styles"] as? [[String: Any]])
            let benign = styles.first { $0["style"] as? String == "all" }
            #expect(benign?["queries"] as? Int == 3193 - 1960)
        }

        @Test func `says uncalibrated where there is no calibration`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<100))
            try await sandbox.succeed(["replay", sandbox.path()])
            let json = try await sandbox.succeed(["risk", "--stored", "--all", "-o", "json"]).output
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
            )
            #expect(rows.contains { $0["entity"] as? String == "global" })
            #expect(rows.allSatisfy { $0["level"] as? String == "uncalibrated" })
            for entity in ["global", "model:test", "user:test/user-1"] {
                let csv = try await sandbox.succeed(["history", entity, "-o", "csv"]).output
                let lines = csv.split(whereSeparator: \.isNewline).dropFirst()
                #expect(!lines.isEmpty && lines.allSatisfy { $0.contains(",uncalibrated,") }, "\(csv)")
            }
        }
    }
}
