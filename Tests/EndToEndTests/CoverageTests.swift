import Foundation
import Glibc
import HTTPServer
import Recordings
import RiskdTesting
import Runtime
import Testing

/// The body of a native message, as far as these tests look.
private struct Told: Decodable, Equatable {
    struct Body: Decodable, Equatable {
        struct Entity: Decodable, Equatable {
            let kind: String
            let id: String
        }

        let entity: Entity
        let model: String?
        let status: String
    }

    let type: String
    let data: Body

    /// Such as `ingest.blind source app.ndjson firing`.
    var text: String {
        "\(type) \(data.entity.kind) \(data.entity.id.split(separator: "/").last ?? "") \(data.status)"
    }
}

extension ReceiverStub {
    /// What came but tests of the endpoint, in order.
    fileprivate var told: [String] {
        requests.compactMap { try? JSONDecoder().decode(Told.self, from: Data($0.body)) }.map(\.text)
    }
}

extension Sandbox {
    /// Tells alerts to a receiver.
    fileprivate func tell(_ port: UInt16, _ more: String = "") throws {
        try append("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", to: "secret")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path("secret"))
        try append(
            """
            \(more)
            alerting:
              endpoints:
                - {name: soc, url: 'http://127.0.0.1:\(port)/hook', secrets: [secret], allow_http: true,
                   allow_networks: [127.0.0.1/32], allow_ports: [\(port)], group_interval: 1s}

            """,
            to: "riskd.yaml"
        )
        configuration = path("riskd.yaml")
    }
}

extension LiveTests {
    /// Blindness is never calm: what is logged and not seen is told, and told when it is over
    /// (docs/design/trials.md#cases).
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct CoverageTests {
        private static var now: Int64 { Int64(Date.now.timeIntervalSince1970 * 1000) }

        /// Records of now.
        private func records(_ range: Range<Int>, _ changes: [String: String] = [:]) -> String {
            let now = Self.now
            return range.map { number in
                let time = ["time": "\"\(LogLine.time(now + Int64(number - range.lowerBound)))\""]
                return LogLine.record(number, time.merging(changes) { $1 }) + "\n"
            }.joined()
        }

        // Case 13.
        @Test(
            "lines that cannot be used: log, alert, webhook, check, readyz and metrics say so, and say when it is over"
        )
        func deadLetters() async throws {
            let receiver = try ReceiverStub()
            defer { receiver.stop() }
            let sandbox = try await Sandbox()
            try sandbox.tell(receiver.port)
            let daemon = try await sandbox.startReading()
            let port = try #require(daemon.port)
            try sandbox.append(records(0..<200))
            try await sandbox.stores(200, daemon)
            #expect(Probe.get("/readyz", port: port) == Probe.Answer(status: 200, body: "ready\n"))
            #expect(
                try await sandbox.succeed(["check", "--follow", "x"]).output.contains(
                    "ok      coverage: nothing"
                )
            )

            try sandbox.append(records(200..<500, ["prediction": "", "user": "\"blind\""]))
            try await sandbox.refuses(300, daemon)
            try await eventually("the receiver is told", { daemon.errors }) {
                receiver.told.contains("ingest.blind source app.ndjson firing")
            }
            let log = daemon.errors.split(separator: "\n").filter { $0.contains("riskd is blind for lines") }
            #expect(log.count == 1)
            #expect(
                log.first?.contains("missing_field") == true
                    && log.first?.contains("riskctl get coverage") == true
            )
            let ready = try #require(Probe.get("/readyz", port: port))
            #expect(ready.status == 200 && ready.body.hasPrefix("ready\nblind: of the last 200 lines of "))
            #expect(ready.body.contains("100 % could not be used (missing_field)"))
            // The model's lines are the source's: told once.
            #expect(Probe.metric("riskd_coverage_reasons", port: port) == 1)
            let labels = "scope=\"source\",name=\"\(sandbox.path())\",measure=\"dead_letters\""
            #expect(Probe.metric("riskd_coverage_blind{\(labels)}", port: port) == 1)
            #expect(Probe.metric("riskd_coverage_share{\(labels)}", port: port) == 1)
            let check = try await sandbox.succeed(["check", "--follow", "x"]).output
            #expect(check.contains("warning coverage: not trustworthy: of the last 200 lines of"), "\(check)")
            // The account is known from lines that could not be used.
            #expect(
                check.contains("warning coverage: the account blind: 300 of 300 lines cannot be used"),
                "\(check)"
            )

            // What is known outlives a power cut.
            try await daemon.kill()
            let again = try await sandbox.startReading()
            let next = try #require(again.port)
            #expect(Probe.get("/readyz", port: next)?.body.contains("blind: of the last 200 lines") == true)
            try sandbox.append(records(500..<900))
            try await sandbox.stores(600, again)
            try await eventually("the receiver is told of the end", { again.errors }) {
                receiver.told.contains("ingest.recovered source app.ndjson resolved")
            }
            #expect(Probe.get("/readyz", port: next)?.body == "ready\n")
            #expect(again.errors.contains("riskd sees what is logged again"))
            #expect(
                try await sandbox.texts(
                    "select subject_kind || ' ' || state from riskd.alert where subject_kind = 'source'"
                ) == ["source resolved"]
            )
            #expect(try await again.terminate().code == 0)

            try await sandbox.served(["audit", "erase", "blind", "--reason", "asked", "--yes"])
            #expect(
                try await sandbox.numbers(
                    "select count(*) from riskd.coverage_account where user_name = 'blind'"
                ) == [0]
            )
            #expect(
                try await sandbox.numbers(
                    "select unusable from riskd.coverage_account where user_name not like 'user-%'"
                ) == [300]
            )
        }

        // Case 13, of one record again and again.
        @Test("a logger that writes one record again and again is told of; a copy of the whole file is not")
        func repeats() async throws {
            let sandbox = try await Sandbox()
            let daemon = try await sandbox.startReading(following: ["app*.ndjson"])
            let text = records(0..<300)
            try sandbox.append(text)
            try await sandbox.stores(300, daemon)
            try sandbox.append(text, to: "app.1.ndjson")
            let port = try #require(daemon.port)
            try await eventually("the copy is read", { daemon.errors }) {
                Probe.metric("riskd_duplicate_ids_total", port: port) == 300
            }
            #expect(Probe.get("/readyz", port: port)?.body == "ready\n")
            try sandbox.append(String(repeating: records(300..<301), count: 300))
            try await eventually("the repeats are read", { daemon.errors }) {
                Probe.metric("riskd_duplicate_ids_total", port: port) == 599
            }
            let body = try #require(Probe.get("/readyz", port: port)).body
            #expect(body.contains("% repeat records that were met before"), "\(body)")
            #expect(daemon.errors.components(separatedBy: "riskd is blind for lines").count == 2)
            #expect(try await daemon.terminate().code == 0)
        }

        // Case 5.
        @Test(
            "records of a quarter of an hour ahead: told with the median, and a file that was read is said to be"
        )
        func clock() async throws {
            let receiver = try ReceiverStub()
            defer { receiver.stop() }
            let sandbox = try await Sandbox()
            try sandbox.tell(receiver.port)
            let daemon = try await sandbox.startReading()
            let ahead = Self.now + 900_000
            let lines = (0..<100).map {
                LogLine.record($0, ["time": "\"\(LogLine.time(ahead + Int64($0) * 100))\""]) + "\n"
            }
            try sandbox.append(lines.joined())
            try await sandbox.refuses(100, daemon)
            try await eventually("the receiver is told", { daemon.errors }) {
                receiver.told.contains("ingest.blind source app.ndjson firing")
            }
            #expect(try await daemon.terminate().code == 0)
            let detail = try #require(
                try await sandbox.texts(
                    "select snapshot::jsonb ->> 'detail' from riskd.alert where subject_kind = 'source'"
                ).first
            )
            // Read some seconds after they were made.
            let found = try #require(
                try /time_in_future; (\d+) min(?: (\d+) s)? ahead of this host's clock/.firstMatch(
                    in: detail
                ),
                "\(detail)"
            )
            let seconds = (Int(found.1) ?? 0) * 60 + (found.2.flatMap { Int($0) } ?? 0)
            #expect((840...905).contains(seconds), "\(detail)")
            let replay = try await sandbox.succeed(["replay", sandbox.path()])
            #expect(replay.errors.contains("the file was read before"), "\(replay.errors)")
            #expect(try await sandbox.count() == 0)
        }

        // Case 14.
        @Test("an opinion that is not formed of most records is told, and told when it is again")
        func opinion() async throws {
            let receiver = try ReceiverStub()
            defer { receiver.stop() }
            let sandbox = try await Sandbox()
            try sandbox.tell(
                receiver.port,
                """
                opinions: {runtime: \(Fashion.runtime)}
                models:
                  fashion:
                    opinions:
                      - {name: encoder, input: features, model: \(Fashion.path("models/fashion-encoder.onnx"))}
                """
            )
            try await sandbox.succeed([
                "calibrate", "build", "--log", Fashion.path("fashion-calibration.ndjson.xz"),
            ])
            let lines = try Fashion.recentTrace()
            let features = /,?"features":\{[^}]*\}/
            let without = lines[100..<1300].map { $0.replacing(features, with: "") }
            let short = lines[1300..<1600].map {
                $0.replacing(
                    features,
                    with: #","features":{"shape":[2],"dtype":"float32","data":"AAAAAAAAgD8="}"#
                )
            }
            #expect(without.allSatisfy { !$0.contains("features") })
            try sandbox.append((lines[..<100] + without + short).joined())
            let daemon = try await sandbox.startReading()
            let port = try #require(daemon.port)
            try await sandbox.stores(1600, daemon)
            try await eventually("the receiver is told", { daemon.errors }) {
                receiver.told.contains("detector.degraded detector opinion.encoder firing")
            }
            #expect(
                Probe.get("/readyz", port: port)?.body.contains("100 % are without opinion.encoder") == true
            )
            try sandbox.append(lines[1600..<2200].joined())
            try await sandbox.stores(2200, daemon)
            try await eventually("the receiver is told of the end", { daemon.errors }) {
                receiver.told.contains("detector.recovered detector opinion.encoder resolved")
            }
            #expect(try await daemon.terminate().code == 0)
            #expect(
                receiver.told.filter { $0.contains("opinion.encoder") } == [
                    "detector.degraded detector opinion.encoder firing",
                    "detector.recovered detector opinion.encoder resolved",
                ]
            )
            #expect(
                try await sandbox.succeed(["recompute", "--all"]).output.contains("every sample is identical")
            )
        }
    }
}

extension RecordedTests {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct RecordedCoverageTests {
        // Case 16.
        @Test("records of another version among others, one in twenty, change no health") func versions()
            async throws
        {
            let sandbox = try await Fashion.plain()
            let lines = try RecordedText.read(Fashion.trace).split(separator: "\n")
            let marked = /"model_version":"[^"]*"/
            try #require(lines[0].contains(marked))
            try sandbox.append(
                lines.enumerated().map { index, line in
                    (index % 20 == 7
                        ? String(line.replacing(marked, with: #""model_version":"other""#)) : String(line))
                        + "\n"
                }.joined()
            )
            try await sandbox.succeed(["replay", sandbox.path()])
            #expect(
                try await sandbox.texts("select health from riskd.calibration_health where cause = 'version'")
                    == []
            )
            #expect(
                try await sandbox.numbers(
                    "select count(*) from riskd.observation where model_version = 'other'"
                ) == [160]
            )
        }

        // Case 26.
        @Test("a silence on a user hides alerts about users, and none of a model or the service of that name")
        func silences() async throws {
            let sandbox = try await Fashion.replayed()
            sandbox.settings.append("alerting.inhibit=[]")
            try await sandbox.execute("update riskd.alert_notice set time = now() - interval '1 day'")
            func hidden(_ matcher: String) async throws -> Int {
                let output = try await sandbox.mustRiskctl(
                    ["silence", "preview", matcher, "-o", "json"],
                    as: "operator"
                ).output
                let preview = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
                return try #require(preview?["hidden_alerts"] as? Int)
            }
            let server = try sandbox.begin(["serve"] + sandbox.flags)
            try await eventually("riskd serves", { server.errors }) {
                server.errors.contains("serving the API")
            }
            for name in ["fashion", "service"] {
                #expect(try await hidden("user=\(name)") == 0)
                #expect(try await hidden("entity=\(name)") == 1)
            }
            let campaign = try #require(
                try await sandbox.texts(
                    "select name from riskd.alert where subject_kind = 'campaign' limit 1"
                ).first
            )
            #expect(try await hidden("user=\(campaign)") == 0)
            #expect(try await hidden("campaign=\(campaign)") == 1)
            let users = try await sandbox.numbers(
                "select count(*) from riskd.alert where subject_kind = 'user'"
            )
            #expect(try await hidden("user=~.*") == users.first)
            #expect(try await server.terminate().code == 0)
        }

        @Test("killed at any instant and however it is cut, a replay leaves one account of what was seen")
        func kills() async throws {
            // 40 minutes between two records: a day begins every 36.
            func line(_ number: Int) -> String {
                let time = ["time": "\"\(LogLine.time(LogLine.epoch + Int64(number) * 2_400_000))\""]
                let isBad = (number / 250) % 3 == 1
                var text =
                    LogLine.record(
                        number,
                        time.merging(
                            isBad && number % 3 > 0
                                ? ["prediction": ""] : number % 11 == 0 ? ["input": ""] : [:]
                        ) { $1 }
                    ) + "\n"
                if (number / 250) % 3 == 2, number % 5 > 0 { text += text + text }
                return text
            }
            let text = (0..<2500).map(line).joined()
            func account(_ sandbox: Sandbox) async throws -> [String] {
                try await sandbox.texts(
                    """
                    select kind || ' ' || regexp_replace(name, '^.*/', '') || ' ' || encode(state, 'hex') as line
                    from riskd.coverage
                    union all select concat_ws(' ', user_name, unusable, uncertain, used, reason)
                    from riskd.coverage_account
                    union all select concat_ws(' ', 'alert', subject_kind, starts, ends, e.number, e.kind, e.time,
                        regexp_replace(snapshot::jsonb ->> 'detail', '/[^ ,]*/', ''))
                    from riskd.alert a join riskd.alert_event e on e.alert_id = a.id
                    order by 1
                    """
                )
            }
            let whole = try await Sandbox()
            try whole.append(text)
            try await whole.succeed(["replay", whole.path()])
            let expected = try await account(whole)
            #expect(expected.contains { $0.hasPrefix("source ") || $0.contains(" source ") })
            #expect(!expected.contains { $0.hasPrefix("counted ") })

            let broken = try await Sandbox()
            try broken.append(text)
            var random = SystemRandomNumberGenerator()
            var kills = 0
            for size in [7, 16, 33, 64, 128, 1, 50, 20] {
                let replay = try broken.begin(
                    ["replay", broken.path()] + broken.flags + ["--set", "batch.records=\(size)"]
                )
                let end = ContinuousClock.now + .milliseconds(Int.random(in: 300...1300, using: &random))
                while ContinuousClock.now < end, replay.isRunning {
                    try await Task.sleep(for: .milliseconds(5))
                }
                guard replay.isRunning else { break }
                try await replay.kill()
                kills += 1
            }
            #expect(kills > 0, "no kill came while there was work: the test shows nothing")
            try await broken.succeed(["replay", broken.path()])
            #expect(try await account(broken) == expected)
        }
    }
}
