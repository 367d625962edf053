import Foundation
import RiskdTesting
import Testing

extension RecordedTests {
    /// Calibrations from build to recompute: verified, put in force, and named by every sample.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct CalibrateTests {
        private static let benign = Fashion.path("fashion-calibration.ndjson.xz")

        /// Lines of one user after the trace, a second apart, without images.
        private func lines(_ user: String, _ count: Int) -> String {
            (0..<count).map { number in
                let time = Date(timeIntervalSince1970: 1_772_600_000 + Double(number)).ISO8601Format()
                return """
                    {"id":"\(user)-\(number)","time":"\(time)","model":"fashion","user":"\(user)",\
                    "prediction":{"class":"coat","probability":0.9}}

                    """
            }.joined()
        }

        private func id(_ sandbox: Sandbox, state: String) async throws -> String {
            let json = try await sandbox.succeed(["calibrate", "list", "-o", "json"]).output
            let rows = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
            return try #require(rows?.first { $0["state"] as? String == state }?["id"] as? String)
        }

        @Test func `a calibration is built, refused, verified, activated, replayed and recomputed`()
            async throws
        {
            let sandbox = try await Fashion.calibrated()
            let whole = Fashion.trace
            let first = try await id(sandbox, state: "active")
            let shown = try await sandbox.succeed(["calibrate", "show", first]).output
            #expect(shown.contains("the first calibration; not verified"))
            sandbox.settings.append("calibration.fractions=[0.2, 0.05, 0.01]")
            let built = try await sandbox.succeed(["calibrate", "build", "--log", Self.benign])
            #expect(built.errors.contains("kept, not in force: verify and activate it"), "\(built.errors)")
            let second = try await id(sandbox, state: "kept")
            let refused = try await sandbox.run(["calibrate", "activate", second])
            #expect(refused.code == 1 && refused.errors.contains("was never verified"), "\(refused.errors)")
            #expect(try await sandbox.run(["calibrate", "activate", second, "--force"]).code == 2)

            // Attackers are no benign traffic: their levels are false entries.
            let failed = try await sandbox.run(["calibrate", "verify", second, "--log", whole])
            #expect(failed.code == 1 && failed.output.contains("fashion: does not pass"), "\(failed.errors)")
            #expect(failed.output.contains("reached critical"))
            let again = try await sandbox.run(["calibrate", "activate", second])
            #expect(again.code == 1 && again.errors.contains("did not pass its last verification"))

            try await sandbox.succeed(["replay", whole])
            let passed = try await sandbox.succeed(["calibrate", "verify", second, "--log", Self.benign])
            #expect(passed.output.contains("fashion: passes"), "\(passed.output)")
            #expect(passed.output.contains("GUARANTEED AT MOST"))
            let activated = try await sandbox.succeed(["calibrate", "activate", second])
            #expect(activated.output.contains("is in force from the next start or SIGHUP on"))
            try sandbox.append(lines("later", 50))
            try await sandbox.succeed(["replay", sandbox.path()])

            // Two epochs, and samples of each name their own.
            let names = try await sandbox.numbers(
                "select count(distinct calibration_id) from riskd.sample where calibration_id is not null"
            )
            #expect(names == [2])
            #expect(
                try await sandbox.numbers(
                    "select count(*) from riskd.sample where entity_kind <> 'global' and calibration_id is null"
                ) == [0]
            )
            let recomputed = try await sandbox.succeed(["recompute", "--all"])
            #expect(recomputed.output.contains("every sample is identical"))
            try await sandbox.execute(
                """
                update riskd.sample set calibration_id = 'sha256:0' where id =
                    (select max(id) from riskd.sample where calibration_id is not null)
                """
            )
            let misnamed = try await sandbox.run(["recompute", "--all"])
            #expect(misnamed.code == 1 && misnamed.output.contains("names another calibration"))
        }

        @Test
        func `a period of the database gives the calibration that its log gives, without elevated users`()
            async throws
        {
            let sandbox = try await Fashion.replayed()
            let elevated = try await sandbox.numbers(
                """
                select count(distinct entity_name) from riskd.level_change
                where entity_kind = 'user' and greatest(from_level, to_level) >= 2
                """
            )
            // An attacker whom people found though no level rose.
            let quiet = try #require(
                try await sandbox.texts(
                    """
                    select min(user_name) from riskd.observation where u_lower_bound is not null
                        and user_name not in (select entity_name from riskd.level_change where entity_kind = 'user')
                    """
                ).first
            )
            try await sandbox.execute(
                """
                insert into riskd.alert select 'found', subject_kind, model, '\(quiet)', dedup_key, 'resolved', level,
                    peak_level, assignee, 'attack', starts, starts, drill, events, 'ada', null, snapshot
                from riskd.alert where subject_kind = 'user' limit 1
                """
            )
            let built = try await sandbox.succeed([
                "calibrate", "build", "--since", "2026-03-01T00:00:00Z", "--until", "2026-03-09T00:00:00Z",
                "-o", "json",
            ])
            #expect(built.errors.contains("\(elevated[0] + 1) users were left out"), "\(built.errors)")
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(built.output.utf8)) as? [[String: Any]]
            )
            let kept = try await sandbox.numbers(
                """
                select count(*) from riskd.observation where u_lower_bound is not null and user_name not in (
                    select entity_name from riskd.level_change
                    where entity_kind = 'user' and greatest(from_level, to_level) >= 2)
                    and user_name <> '\(quiet)'
                """
            )
            let descent = rows.first { $0["detector"] as? String == "similarity.user.descent" }
            #expect(descent?["records"] as? Int == kept[0])
            // What is stored of the benign users passes as it did when it was scored.
            let verified = try await sandbox.run([
                "calibrate", "verify", "--since", "2026-03-01T00:00:00Z", "-o", "json",
            ])
            #expect(verified.output.contains("\"records\": 3193"), "\(verified.errors)")
        }

        @Test func `strata have calibrations of their own, and fall back where they have too little`()
            async throws
        {
            let sandbox = try await Fashion.calibrated()
            sandbox.settings = [
                "workers=2", "calibration.strata=[some=user:user-00*, none=user:nobody-*, model_version]",
            ]
            let built = try await sandbox.succeed(["calibrate", "build", "--log", Self.benign])
            #expect(
                built.errors.contains("fashion (some):")
                    && built.errors.contains("fashion (model_version=1):")
            )
            // The model has a calibration: nothing else comes into force unverified, a stratum's as little as a pooled one.
            let kept = built.errors.matches(
                of: /fashion \([^)]*\): .*?(sha256:[0-9a-f]+), kept, not in force/
            ).map { String($0.1) }
            #expect(kept.count == 2, "\(built.errors)")
            for id in kept {
                #expect(try await sandbox.run(["calibrate", "activate", id]).code == 1)
                try await sandbox.succeed(["calibrate", "activate", id, "--force", "--reason", "a test"])
            }
            try await sandbox.succeed(["replay", Fashion.trace])
            let counts = try await sandbox.numbers(
                """
                select count(distinct user_calibration) from riskd.observation where user_name like 'user-00%'
                union all select count(distinct user_calibration) from riskd.observation
                """
            )
            #expect(counts == [1, 2])
            #expect(
                try await sandbox.numbers(
                    """
                    select count(*) from riskd.observation o join riskd.sample s on s.tick = o.tick
                        and s.entity_kind = 'user' and s.entity_name = o.user_name and s.queries > 0
                    where s.calibration_id <> o.user_calibration
                    """
                ) == [0]
            )
            #expect(try await sandbox.succeed(["recompute", "--all"]).output.contains("identical"))
        }

        /// A benign log of many users, and one of a user who asks every ten minutes for five days, with times of a day's end.
        private func ownSandbox() async throws -> Sandbox {
            let sandbox = try await Sandbox()
            sandbox.settings = [
                "workers=2", "http.listen=127.0.0.1:0", "api.listen=127.0.0.1:0", "calibration.own_after=200",
            ]
            try sandbox.append(
                (0..<400).map { LogLine.record($0, ["user": "\"benign-\($0 % 20)\""]) + "\n" }.joined(),
                to: "benign.ndjson"
            )
            try sandbox.append(
                (1000..<1720).map { number in
                    let time = LogLine.epoch + Int64(number - 1000) * 600_000
                    let changes = ["time": "\"\(LogLine.time(time))\"", "user": "\"steady\""]
                    return LogLine.record(number, changes) + "\n"
                }.joined(),
                to: "steady.ndjson"
            )
            try await sandbox.succeed(["calibrate", "build", "--log", sandbox.path("benign.ndjson")])
            return sandbox
        }

        private func dumps(_ sandbox: Sandbox) async throws -> [String] {
            var dumps: [String] = []
            for table in Fashion.tables + ["own_baseline", "calibration_health"] {
                dumps.append(try await sandbox.succeed(["dump", table]).output)
            }
            return dumps
        }

        @Test func `a steady user gets an own baseline a day after enough queries, however the log is read`()
            async throws
        {
            let whole = try await ownSandbox()
            let cut = try await Sandbox(database: TestCluster.copy(of: whole.database))
            cut.settings = whole.settings + ["batch.records=7"]
            try await whole.succeed(["replay", whole.path("steady.ndjson")])
            // 08:00 and 144 queries a day: 200 lie a day back when the third midnight comes.
            let learnt = try await whole.numbers("select first_tick from riskd.own_baseline")
            #expect(learnt == [1_772_582_400 + 86_400])
            let counts = try await whole.numbers(
                """
                select count(*) from riskd.observation where user_calibration is not null
                union all select count(*) from riskd.observation o where user_calibration is not null
                    and time < to_timestamp(1772582400 + 86400)
                """
            )
            #expect(counts[0] > 300 && counts[1] == 0, "\(counts)")
            #expect(try await whole.succeed(["recompute", "--all"]).output.contains("identical"))

            // The same, followed live in pieces: a daemon that is killed and started again.
            let text = try String(contentsOfFile: whole.path("steady.ndjson"), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
            for (number, part) in [lines[..<500], lines[500..<520], lines[520...]].enumerated() {
                try cut.append(part.joined(separator: "\n") + "\n", to: "part-\(number).ndjson")
                let replay = try cut.begin(["replay", cut.path("part-\(number).ndjson")] + cut.flags)
                try await eventually("a part is scored", { replay.errors }) {
                    try await cut.count() > (number == 0 ? 300 : 0) || !replay.isRunning
                }
                if replay.isRunning { try await replay.kill() }
                try await cut.succeed(["replay", cut.path("part-\(number).ndjson")])
            }
            let baselines = "select count(*) from riskd.own_baseline"
            #expect(try await cut.numbers(baselines) == [1])
            let ids = try await [whole, cut].asyncMap { sandbox in
                try await sandbox.succeed(["dump", "own_baseline"]).output
            }
            #expect(ids[0] == ids[1])
            #expect(try await cut.succeed(["recompute", "--all"]).output.contains("identical"))
        }

        @Test func `relearning gives an own baseline up, and is recorded`() async throws {
            let sandbox = try await ownSandbox()
            let text = try String(contentsOfFile: sandbox.path("steady.ndjson"), encoding: .utf8)
            let lines = text.split(separator: "\n")
            // Until an hour after the baseline is in force, then the rest.
            try sandbox.append(lines[..<440].joined(separator: "\n") + "\n", to: "first.ndjson")
            try sandbox.append(lines[440...].joined(separator: "\n") + "\n", to: "rest.ndjson")
            try await sandbox.succeed(["replay", sandbox.path("first.ndjson")])
            #expect(try await sandbox.numbers("select count(*) from riskd.own_baseline") == [1])
            #expect(try await sandbox.run(["calibrate", "relearn", "user:test/steady"]).code == 2)
            let asked = try await sandbox.succeed([
                "calibrate", "relearn", "user:test/steady", "--reason", "new client",
            ])
            #expect(asked.output.contains("count for a new own baseline"))
            try await sandbox.succeed(["replay", sandbox.path("rest.ndjson")])
            let given = try await sandbox.numbers(
                "select count(*) from riskd.own_baseline where calibration_id is null"
            )
            #expect(given == [1])
            #expect(
                try await sandbox.numbers(
                    "select count(*) from riskd.relearning where reason = 'new client' and actor <> ''"
                ) == [1]
            )
            #expect(try await sandbox.succeed(["recompute", "--all"]).output.contains("identical"))
        }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
