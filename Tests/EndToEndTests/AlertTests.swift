import Foundation
import Glibc
import Testing

extension RecordedTests {
    /// Alerts on the recorded trace: they open when attackers rise, and what people do to them moves the model.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct AlertTests {
        private func rows(_ text: String) throws -> [[String: Any]] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        }

        private func alerts(_ sandbox: Sandbox, _ flags: String...) async throws -> [[String: Any]] {
            try rows(try await sandbox.mustRiskctl(["alert", "list", "--all", "-o", "json"] + flags).output)
        }

        /// The text form of what an alert is about; nil for what is no entity.
        private func subject(_ alert: [String: Any]) -> String? {
            (alert["subject"] as? [String: Any])?["entity"] as? String
        }

        private func level(_ sandbox: Sandbox, of entity: String) async throws -> [String: Any] {
            let levels = try rows(
                try await sandbox.served(["get", "entities", "--all", "-o", "json"]).output
            )
            return levels.first { $0["entity"] as? String == entity } ?? [:]
        }

        @Test func `every rise to high or above is an alert, with events and notices that say so`()
            async throws
        {
            let sandbox = try await Fashion.replayed()
            let rises = try await sandbox.numbers(
                "select count(*) from riskd.level_change where to_level >= 3 and from_level < 3"
            )
            let opened = try await sandbox.numbers(
                "select count(*) from riskd.alert_event where kind in ('opened', 'reopened')"
            )
            #expect(opened == rises && (rises.first ?? 0) >= 4)
            let (all, page) = try await sandbox.serving {
                let all = try await alerts(sandbox, "--state", "all")
                let id = try #require(all.first?["alert"] as? String)
                return (all, try await sandbox.mustRiskctl(["alert", "show", id, "-o", "json"]).output)
            }
            let attackers = Set(
                try await sandbox.texts(
                    "select distinct entity_name from riskd.level_change where entity_kind = 'user' and to_level >= 3"
                )
            )
            let subjects = Set(all.compactMap { subject($0) })
            #expect(!attackers.isEmpty && attackers.allSatisfy { subjects.contains("user:fashion/\($0)") })
            // Nobody is told of a recorded log, however many endpoints there are.
            #expect(
                try await sandbox.numbers("select count(*) from riskd.alert_notice where not silent") == [0]
            )
            let alert = try #require(
                try JSONSerialization.jsonObject(with: Data(page.utf8)) as? [String: Any]
            )
            let events = try #require(alert["events"] as? [[String: Any]])
            #expect(
                events.first?["kind"] as? String == "opened" && events.first?["actor"] as? String == "riskd"
            )
        }

        @Test func `a verdict resets, a confirmation pins, and every sample can still be computed again`()
            async throws
        {
            let sandbox = try await Fashion.replayed()
            let (ids, names) = try await sandbox.serving {
                let open = try await alerts(sandbox, "--level", "high").filter { alert in
                    let subject = subject(alert) ?? ""
                    return subject.hasPrefix("user:") || subject.hasPrefix("campaign:")
                }
                try #require(open.count >= 2, "\(open)")
                let ids = open.compactMap { $0["alert"] as? String }
                let names = open.compactMap { subject($0) }
                let acknowledged = try await sandbox.mustRiskctl(
                    ["alert", "ack", ids[0], "--note", "on it"],
                    as: "operator"
                )
                #expect(acknowledged.output.contains("\(ids[0]) acknowledged"))
                let twice = await sandbox.riskctl(["alert", "ack", ids[0]], as: "operator")
                #expect(twice.code == 1 && twice.output.contains("it is acknowledged already"))
                return (ids, names)
            }

            let before = try await level(sandbox, of: names[0])
            #expect((before["score"] as? Double ?? 0) > 0)
            let resolved = try await sandbox.served(
                ["alert", "resolve", String(ids[0].prefix(20)), "--verdict", "benign"],
                as: "responder"
            )
            #expect(resolved.output.contains("resolved: its evidence: reset"))
            let after = try await level(sandbox, of: names[0])
            #expect(after["score"] as? Double ?? 0 == 0)
            #expect(after["level"] as? String ?? "info" == "info")

            try await sandbox.serving {
                let denied = await sandbox.riskctl(["alert", "confirm", ids[1]])
                #expect(denied.code == 1 && denied.errors.contains("the role admin does not allow this"))
                let confirmed = try await sandbox.mustRiskctl(["alert", "confirm", ids[1]], as: "responder")
                #expect(confirmed.output.contains("confirmed: its evidence: pin"))
                let page = try await sandbox.mustRiskctl(["alert", "show", ids[1], "-o", "json"]).output
                #expect(page.contains("\"pinned\": true") && page.contains("\"verdict\": \"attack\""))
                #expect(try await alerts(sandbox, "--state", "acknowledged").count == 1)
            }
            let actors = try await sandbox.texts("select distinct actor from riskd.action order by 1")
            let name = String(cString: getpwuid(getuid()).pointee.pw_name)
            let account = "local:\(name) (uid \(getuid()))"
            #expect(actors == ["\(account) as operator", "\(account) as responder"])

            // Reading goes on with what people did, and auditors get the same integers.
            try sandbox.append(LogLine.records(0..<50))
            try await sandbox.succeed(["replay", sandbox.path()])
            let recomputed = try await sandbox.succeed(["recompute", "--all"])
            #expect(recomputed.output.contains("every sample is identical"), "\(recomputed.output)")
            let pinned = try await level(sandbox, of: names[1])
            #expect(pinned["level"] as? String != "info")
            #expect((pinned["pinned"] as? String)?.isEmpty == false)
            let unpinned = try await sandbox.served(
                ["alert", "resolve", ids[1], "--verdict", "attack"],
                as: "responder"
            )
            #expect(unpinned.output.contains("resolved: its evidence: unpin"))
            let actions = try await sandbox.numbers("select count(*) from riskd.action_applied")
            #expect(actions == [5])
        }

        @Test func `a command line that cannot be done says what would be right`() async throws {
            let sandbox = try await Fashion.replayed()
            try await sandbox.serving {
                for (arguments, code, message) in [
                    (["alert", "resolve", "01"], 2, "expected --verdict"),
                    (["alert", "note", "01"], 2, "expected --note TEXT"),
                    (["silence", "add", "--for", "1h"], 2, "expected --comment"),
                    (["silence", "add", "--for", "1h", "--comment", "x"], 2, "expected a matcher"),
                    (
                        ["silence", "add", "a=b", "--for", "1h", "--comment", "x"], 1,
                        "is no label of an alert"
                    ),
                    (["silence", "add", "user=a", "--comment", "x", "--for", "60d"], 1, "duration_seconds"),
                    (["endpoint", "resend", "soc"], 2, "expected --since"),
                    (["alert", "show", "ZZZZ"], 1, "no alert's id begins with ZZZZ"),
                ] as [([String], Int32, String)] {
                    let result = await sandbox.riskctl(arguments, as: "responder")
                    #expect(
                        result.code == code && result.errors.contains(message),
                        "\(arguments): \(result.errors)"
                    )
                }
                let unknown = await sandbox.riskctl(["endpoint", "disable", "soc", "--reason", "x", "--yes"])
                #expect(unknown.code == 1 && unknown.errors.contains("there is no endpoint soc"))
            }
        }

        @Test func `a silence is previewed, added, listed and ended`() async throws {
            let sandbox = try await Fashion.replayed()
            // The trace is older than 30 days: its notices are moved to yesterday.
            try await sandbox.execute(
                """
                update riskd.alert_notice set time = now() - interval '1 day'
                """
            )
            // Without campaigns and roll-ups, which hold back alerts by themselves.
            sandbox.settings.append("alerting.inhibit=[]")
            let name = try #require(
                try await sandbox.texts("select name from riskd.alert where subject_kind = 'user' limit 1")
                    .first
            )
            let expected = try await sandbox.numbers(
                "select count(*) from riskd.alert where subject_kind = 'user' and name = '\(name)'"
            )
            try await sandbox.serving {
                let matchers = ["user=\(name)", "kind=user"]
                let preview = try await sandbox.mustRiskctl(
                    ["silence", "add"] + matchers + ["--preview", "-o", "json"],
                    as: "operator"
                ).output
                let hidden = try JSONSerialization.jsonObject(with: Data(preview.utf8)) as? [String: Any]
                #expect(hidden?["hidden_alerts"] as? Int == expected.first, "\(preview)")
                #expect(try await sandbox.numbers("select count(*) from riskd.silence") == [0])
                try await sandbox.mustRiskctl(
                    ["silence", "add", "user=\(name)", "--for", "2h", "--comment", "exercise"],
                    as: "operator"
                )
                // One that begins tomorrow silences nothing yet.
                let tomorrow = Date.now.addingTimeInterval(86_400).formatted(.iso8601)
                try await sandbox.mustRiskctl(
                    ["silence", "add", "user=nobody", "--for", "2h", "--from", tomorrow, "--comment", "x"],
                    as: "operator"
                )
                let list = try await alerts(sandbox, "--state", "all")
                #expect(list.contains { $0["silenced"] as? Bool == true })
                let listed = try await sandbox.mustRiskctl(["silence", "list", "-o", "json"]).output
                let silences = try rows(listed)
                #expect(silences.map { $0["active"] as? Bool } == [false, true])
                #expect((silences.first?["starts_at"] as? String)?.prefix(19) == tomorrow.prefix(19))
                try await sandbox.mustRiskctl(["silence", "expire", "1", "--yes"], as: "operator")
                #expect(await sandbox.riskctl(["silence", "expire", "1", "--yes"], as: "operator").code == 1)
            }
        }
    }
}

extension LiveTests {
    /// Alerts of a `riskd run`: actions reach it while it runs, and messages wait in the outbox.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct LiveAlertTests {
        @Test func `a running riskd applies actions and makes each message once, over kills`() async throws {
            let sandbox = try await Fashion.calibrated()
            try sandbox.append(
                """
                alerting:
                  inhibit: []
                  endpoints:
                    - {name: soc, url: "https://192.0.2.1/hook", signing: none, group_interval: 1s}

                """,
                to: "riskd.yaml"
            )
            sandbox.settings += ["batch.records=40", "ingest.poll_interval=20ms"]
            try sandbox.append(try Fashion.recentTrace().joined())
            let follow = ["run"] + sandbox.flags + ["--follow", sandbox.path()]
            var daemon = try sandbox.begin(follow)
            for share in [800, 1600, 2400] {
                try await eventually("a part is scored", within: .seconds(90), { daemon.errors }) {
                    try await sandbox.count() >= share || !daemon.isRunning
                }
                try await daemon.kill()
                daemon = try sandbox.begin(follow)
            }
            try await eventually("all is scored", within: .seconds(90), { daemon.errors }) {
                try await sandbox.count() >= 3193
            }
            let waiting = "select count(*) from riskd.alert_notice, riskd.router where number > last_notice"
            try await eventually("all notices are routed", within: .seconds(30), { daemon.errors }) {
                try await sandbox.numbers(waiting) == [0]
            }
            let list = try await sandbox.mustRiskctl(["alert", "list", "-o", "json"]).output
            let open = try #require(
                try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]]
            )
            let id = try #require(open.first?["alert"] as? String)
            // The daemon owns the database: it does what is asked.
            let result = try await sandbox.mustRiskctl(["alert", "ack", id], as: "operator")
            #expect(result.output.contains("acknowledged"), "\(result.errors)")
            try await eventually("the acknowledgement is a message", within: .seconds(20), { daemon.errors })
            {
                try await sandbox.numbers(
                    "select count(*) from riskd.outbox where type = 'alert.acknowledged'"
                ) == [1]
            }
            // Every alert was told exactly once that it fires; of one that was over before anybody
            // was told nothing is ever said.
            let told = try await sandbox.numbers(
                """
                select count(*) from (
                    select a.state, count(o.message_id) as heard, count(distinct o.message_id) filter (
                            where o.type in ('alert.firing', 'calibration.suspect')) as told,
                        (select count(*) from riskd.alert_event e
                            where e.alert_id = a.id and e.kind in ('opened', 'reopened')) as opened
                    from riskd.alert a left join riskd.outbox o on strpos(o.message, a.id) > 0
                    group by a.id) as alerts
                where told <> opened and not (state = 'resolved' and heard = 0)
                """
            )
            #expect(told == [0])
            #expect(try await daemon.terminate().code == 0)
            // What a replay of the same log says, whatever was killed in between; then comes what the clock and people did.
            let other = try await Fashion.calibrated()
            try await other.succeed(["replay", sandbox.path()])
            let events =
                "select concat_ws(' ', time, alert_id, kind, level, score) from riskd.alert_event where actor = 'riskd'"
            let order = " order by time, alert_id, number"
            let expected = try await other.texts(events + order)
            let found = try await sandbox.texts(events + order)
            #expect(expected.count > 4 && Array(found.prefix(expected.count)) == expected)
        }
    }
}
