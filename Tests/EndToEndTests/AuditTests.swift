import Crypto
import Foundation
import PostgresClient
import RiskdTesting
import Testing

extension RecordedTests {
    /// What auditors ask of a replayed database, and what they take away.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct AuditTests {
        private func rows(_ text: String) throws -> [[String: Any]] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        }

        private func contents(_ folder: String) throws -> [String: Data] {
            var files: [String: Data] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                files[name] = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
            }
            return files
        }

        /// The manifest, held against the files beside it.
        private func manifest(_ files: [String: Data]) throws -> [[String: Any]] {
            let data = try #require(files["manifest.json"])
            let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let listed = try #require(manifest["files"] as? [[String: Any]])
            #expect(
                Set(listed.compactMap { $0["name"] as? String })
                    == Set(files.keys).subtracting(["manifest.json"])
            )
            for file in listed {
                let content = try #require(files[file["name"] as? String ?? ""])
                #expect(file["bytes"] as? Int == content.count)
                #expect(file["sha256"] as? String == sha256Hex(Array(content)))
            }
            return listed
        }

        @Test func `an export can be repeated to the byte, and its manifest says what it holds`() async throws
        {
            let sandbox = try await Fashion.replayed()
            // Users choose their names.
            let formula = "=HYPERLINK(\"http://x\")"
            try await sandbox.execute(
                """
                insert into riskd.audit_entry (time, actor, what, object, detail)
                values ('2026-03-01', '\(formula)', 'silence.add', '-1', E'two\\nlines, "quoted"')
                """
            )
            func export(_ name: String, _ more: String...) async throws -> [String: Data] {
                let words = [
                    "export", "audit", "--out", sandbox.path(name), "--until", "2026-06-01T00:00:00Z",
                ]
                try await sandbox.succeed(words + more + ["--as", "olga"])
                return try contents(sandbox.path(name))
            }
            let first = try await export("a")
            // What happens later does not change it.
            try await sandbox.serving {
                let alerts = try rows(try await sandbox.mustRiskctl(["alert", "list", "-o", "json"]).output)
                let id = try #require(alerts.first?["alert"] as? String)
                try await sandbox.mustRiskctl(["alert", "note", id, "--note", "seen"], as: "operator")
            }
            let second = try await export("b")
            for (name, content) in first
            where !["alerts.ndjson", "alert_events.ndjson", "manifest.json"].contains(name) {
                #expect(second[name] == content, "\(name)")
            }
            let third = try await export("c")
            #expect(third == second)
            let listed = try manifest(third)
            func count(_ name: String) -> Int? {
                listed.first { $0["dataset"] as? String == name }?["rows"] as? Int
            }
            #expect(
                try await sandbox.numbers("select count(*) from riskd.sample") == [count("samples") ?? -1]
            )
            #expect(
                try await sandbox.numbers("select count(*) from riskd.observation") == [
                    count("observations") ?? -1
                ]
            )
            #expect(count("gaps") == 0)
            let lines = String(decoding: third["samples.ndjson"] ?? Data(), as: UTF8.self).split(
                separator: "\n"
            )
            #expect(lines.count == count("samples"))

            let tables = try await export("d", "actions", "level_changes", "--format", "csv")
            #expect(
                try manifest(tables).compactMap { $0["dataset"] as? String } == ["level_changes", "actions"]
            )
            let text = String(decoding: tables["actions.csv"] ?? Data(), as: UTF8.self)
            #expect(text.hasPrefix("time,source,number,actor,what,object,detail,address\r\n"))
            #expect(
                text.contains(
                    #""'=HYPERLINK(""http://x"")",silence.add,-1,"two"# + "\n" + #"lines, ""quoted""","#
                )
            )

            let findings = try await export("e", "--format", "ocsf")
            let notices = try await sandbox.numbers(
                "select count(*) from riskd.alert_notice where event is not null and time < '2026-06-01'"
            )
            #expect(try manifest(findings).first?["rows"] as? Int == notices.first)
            for line in String(decoding: findings["findings.ndjson"] ?? Data(), as: UTF8.self).split(
                separator: "\n"
            ) {
                let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(event?["class_uid"] as? Int == 2004)
            }
            let exports = try await sandbox.numbers(
                "select count(*) from riskd.audit_log where what = 'audit.export' and actor = 'olga'"
            )
            #expect(exports == [5])
            let full = try await sandbox.run(["export", "audit", "--out", sandbox.path("a")])
            #expect(full.code == 1 && full.errors.contains("is not empty"))
        }

        @Test func `auditors' questions have answers`() async throws {
            let sandbox = try await Fashion.replayed()
            // A1: the sample in force, and why.
            let time = try #require(
                try await sandbox.texts(
                    "select to_char(max(time) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MSZ') from riskd.sample where entity_name = 'user-037'"
                ).first
            )
            let last = try await sandbox.numbers(
                "select max(id) from riskd.sample where entity_name = 'user-037'"
            )
            for (arguments, message) in [
                (["export", "audit"], "expected --out"),
                (["export", "audit", "nothing", "--out", sandbox.path("x")], "is no dataset"),
                (["grants", "a; drop"], "small letters"),
            ] {
                let result = try await DaemonProcess.run(arguments, in: sandbox.directory)
                #expect(result.code == 2 && result.errors.contains(message), "\(arguments): \(result.errors)")
            }
            try await sandbox.serving {
                func asked(_ words: String...) async throws -> String {
                    try await sandbox.mustRiskctl(["audit"] + words, as: "auditor").output
                }
                let sample = try JSONSerialization.jsonObject(
                    with: Data(try await asked("sample", "user-037", "--at", time, "-o", "json").utf8)
                )
                let found = (sample as? [String: Any])?["sample"] as? [String: Any]
                #expect(found?["sample"] as? Int == last.first)
                let early = await sandbox.riskctl(
                    ["audit", "sample", "user-037", "--at", "2020-01-01T00:00:00Z"],
                    as: "auditor"
                )
                #expect(early.code == 1 && early.errors.contains("has no sample up to"))

                // A4 to A9 are datasets.
                for dataset in [
                    "alert_events", "actions", "silences", "epochs", "artefacts", "activations", "coverage",
                    "sources", "deliveries", "reads", "deletions",
                ] {
                    _ = try rows(try await asked("query", dataset, "-o", "json"))
                }
                let coverage = try rows(try await asked("query", "coverage", "--all", "-o", "json"))
                #expect(coverage.compactMap { $0["queries"] as? Int }.reduce(0, +) == 3193)
                // Both must match.
                let changes = try rows(
                    try await asked(
                        "query",
                        "level_changes",
                        "entity_kind=user",
                        "to_level=high",
                        "--all",
                        "-o",
                        "json"
                    )
                )
                let expected = try await sandbox.numbers(
                    "select count(*) from riskd.level_change where entity_kind = 'user' and to_level = 3"
                )
                #expect(changes.count == expected.first)
                for (arguments, code, message) in [
                    (["nothing"], 1, "there is no such dataset"),
                    (["alerts", "colour=red"], 1, "no column colour"),
                    (["alerts", "red"], 2, "expected COLUMN=VALUE"),
                ] as [([String], Int32, String)] {
                    let result = await sandbox.riskctl(["audit", "query"] + arguments, as: "auditor")
                    #expect(
                        result.code == code && result.errors.contains(message),
                        "\(arguments): \(result.errors)"
                    )
                }

                // A5: campaigns hold back their users; a silence hides one more.
                let period = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-12-01T00:00:00Z"]
                func hidden() async throws -> [[String: Any]] {
                    try rows(
                        try await sandbox.mustRiskctl(
                            ["audit", "hidden", "-o", "json"] + period,
                            as: "auditor"
                        ).output
                    )
                }
                let before = try await hidden()
                #expect(!before.isEmpty && before.allSatisfy { $0["because"] as? String == "inhibition" })
                try await sandbox.execute(
                    """
                    insert into riskd.silence (labels, comparisons, patterns, starts, ends, creator, comment)
                    values (array['entity'], array['=~'], array['.*'], '2020-01-01', '2030-01-01', 'ada', 'all')
                    """
                )
                let all = try await hidden()
                #expect(all.contains { $0["because"] as? String == "silence" } && all.count > before.count)

                // A10: what was seen beside what is stated.
                let record = try rows(try await asked("false-alarms", "-o", "json"))
                let high = try #require(
                    record.first {
                        $0["entity_kind"] as? String == "user" && $0["level"] as? String == "high"
                    }
                )
                #expect(
                    high["entries"] as? Int
                        == (try await sandbox.numbers(
                            "select count(*) from riskd.level_change where entity_kind = 'user' and from_level < 3 and to_level >= 3"
                        )).first
                )
                let queries = try #require(high["queries"] as? Int)
                let bound = try #require(high["stated_bound"] as? Double)
                // 1 / (2^20 - 2^16.04) a query at the weight of 1 (docs/design/evidence.md#the-bound), to three digits.
                #expect(abs(bound * (1_048_576 - 67_438) / Double(queries) - 1) < 0.006)
            }
        }

        @Test func `the auditors' role reads the views and nothing else`() async throws {
            let sandbox = try await Fashion.replayed()
            let role = "auditor_\(UInt32.random(in: 0...999_999))"
            let grants = try await DaemonProcess.run(["grants", role], in: sandbox.directory).output
            try await sandbox.execute("create role \(role) login")
            try await sandbox.execute(grants)
            // A refusal for want of rights to write ends a session, as after a fail-over: each statement gets its own.
            func auditor() async throws -> PostgresSession {
                try await PostgresSession.connect(
                    sandbox.database,
                    preamble: """
                        set search_path = riskd_audit; set role \(role); set default_transaction_read_only = on
                        """
                )
            }
            let reader = try await auditor()
            let views = try await sandbox.texts(
                "select table_name::text from information_schema.views where table_schema = 'riskd_audit'"
            )
            for view in views {
                _ = try await reader.query(PostgresQuery(unsafeSQL: "select * from \(view) limit 1"))
            }
            await reader.close()
            #expect(views.count > 20)
            for statement in [
                "select * from riskd.sample limit 1", "select * from riskd.api_token",
                "select pixels from riskd.history_image limit 1",
                "set transaction read write; delete from riskd.audit_entry",
                "set default_transaction_read_only = off; insert into riskd.legal_hold values (1)",
                "set default_transaction_read_only = off; create table riskd_audit.mine (x int)",
                "set default_transaction_read_only = off; update silences set comment = ''",
                "set default_transaction_read_only = off; drop view samples",
            ] {
                let session = try await auditor()
                let error = await #expect(throws: PostgresError.self, "\(statement)") {
                    try await session.execute(unsafeSQL: statement)
                }
                await session.close()
                #expect(
                    error?.sqlState == "42501" || error?.sqlState == "25006",
                    "\(statement): \(String(describing: error))"
                )
            }
            try await sandbox.execute("drop owned by \(role); drop role \(role)")
        }
    }
}
