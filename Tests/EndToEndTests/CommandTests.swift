import Foundation
import Testing

extension RecordedTests {
    /// What people type, against a replayed database.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct CommandTests {
        private static let commands = [
            "run", "replay", "check", "migrate", "calibrate", "calibrate build", "calibrate verify",
            "calibrate activate", "calibrate list", "calibrate show", "calibrate relearn",
            "serve", "recompute", "evaluate", "evaluate opinion", "train", "train encoder",
            "train autoencoder", "play", "dump", "demo", "config", "completion", "export audit", "retention",
            "hold", "hold add", "grants", "rotate-secret",
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
            for words in [
                "nonsense", "recompute --nonsense", "replay", "recompute x", "run --set", "dump nothing",
            ] {
                #expect(try await code(words, words == "dump nothing" ? sandbox.flags : []) == 2, "\(words)")
            }
            #expect(try await code("recompute --all", sandbox.flags) == 1)
            #expect(try await code("replay nowhere.ndjson", sandbox.flags) == 1)
            #expect(try await code("config nowhere.yaml") == 1)
            #expect(try await code("run --set scoring.tick=0s") == 1)
            #expect(try await code("run", sandbox.flags) == 1)
        }

        @Test func `an entity's samples are the same in JSON and CSV, the newest first`() async throws {
            let sandbox = try await Fashion.replayed()
            let stored = try await sandbox.numbers(
                "select id from riskd.sample where entity_name = 'user-041' order by id desc"
            )
            #expect(stored.count > 5)
            try await sandbox.serving {
                let csv = try await sandbox.mustRiskctl(
                    ["samples", "user:fashion/user-041", "--all", "-o", "csv"]
                ).output
                let lines = csv.split(whereSeparator: \.isNewline)
                #expect(lines.first == "sample,time,level,score,lane,bits,queries,why")
                #expect(lines.dropFirst().map { Int($0.prefix { $0 != "," }) } == stored)
                let json = try await sandbox.mustRiskctl(["samples", "user-041", "--all", "-o", "json"])
                    .output
                let rows = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
                )
                #expect(rows.map { $0["sample"] as? Int } == stored)
                #expect(rows.contains { $0["level"] as? String == "medium" })
            }
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
            try await sandbox.serving {
                let text = try await sandbox.mustRiskctl(["explain", "\(sample)"]).output
                #expect(text.contains("sample \(sample)"), "\(text)")
                let json = try await sandbox.mustRiskctl(["explain", "\(sample)", "-o", "json"]).output
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
                )
                let explained = try #require(object["sample"] as? [String: Any])
                let parts = try #require(explained["contributions"] as? [[String: Any]])
                let sum = parts.reduce(0) { $0 + ($1["points"] as? Double ?? 0) }
                #expect(abs(sum - (explained["score"] as? Double ?? -1)) < 1e-6)
                #expect(sum > 0)
                #expect((object["queries"] as? [Any])?.count == explained["queries"] as? Int)
                #expect(await sandbox.riskctl(["explain", "99999999"]).code == 1)
            }
        }

        @Test func `what went to riskctl, or to another verb, says where`() async throws {
            let sandbox = try await Sandbox(database: "dbname=none")
            for (words, answer) in [
                ("alert", "riskd alert is now: riskctl alert"),
                ("alert resolve 01 --verdict attack", "riskd alert is now: riskctl alert"),
                ("silence add user=a --for 2h", "riskd silence is now: riskctl silence"),
                ("token create ada --role viewer", "riskd token is now: riskctl token"),
                ("endpoint list", "riskd endpoint is now: riskctl endpoint"),
                ("endpoint rotate soc", "riskd endpoint rotate is now: riskd rotate-secret"),
                ("audit", "riskd audit is now: riskctl audit"),
                ("audit erase u --reason x", "riskd audit is now: riskctl audit"),
                (
                    "audit export --out x",
                    "riskd audit export is now: riskctl audit export, "
                        + "or riskd export audit for one moment of all or OCSF"
                ),
                ("audit retention --delete", "riskd audit retention is now: riskd retention"),
                ("audit hold add", "riskd audit hold is now: riskd hold"),
                ("audit grants auditor", "riskd audit grants is now: riskd grants"),
                ("explain 700", "riskd explain is now: riskctl explain"),
                ("risk --stored", "riskd risk is now: riskctl get entities"),
                ("history global", "riskd history is now: riskctl samples"),
                (
                    "campaigns 818",
                    "riskd campaigns is now: riskctl get campaigns, and riskctl get chain CAMPAIGN for its images"
                ),
                ("explain --help", "riskd explain is now: riskctl explain"),
            ] {
                let arguments = words.split(separator: " ").map(String.init)
                let result = try await DaemonProcess.run(arguments, in: sandbox.directory)
                #expect(result.code == 2 && result.output.isEmpty, "\(words)")
                #expect(result.errors == "error: \(answer)\n", "\(words)")
            }
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
            try await sandbox.serving {
                func rows(_ words: String...) async throws -> [[String: Any]] {
                    let json = try await sandbox.mustRiskctl(words + ["--all", "-o", "json"]).output
                    return try #require(
                        try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
                    )
                }
                let levels = try await rows("get", "entities")
                #expect(levels.contains { $0["entity"] as? String == "global" })
                #expect(levels.allSatisfy { $0["level"] as? String == "uncalibrated" })
                for entity in ["service", "model:test", "user:test/user-1"] {
                    let samples = try await rows("samples", entity)
                    #expect(!samples.isEmpty)
                    #expect(samples.allSatisfy { $0["level"] as? String == "uncalibrated" }, "\(samples)")
                }
            }
        }
    }
}
