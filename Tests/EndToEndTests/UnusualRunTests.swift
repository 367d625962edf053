import Foundation
import RiskdTesting
import Testing

extension RecordedTests {
    /// Replays that end early, begin anew under other rules, or are given odd logs.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct UnusualRunTests {
        @Test func `rules that change between two logs change no sample of the first`() async throws {
            let sandbox = try await Fashion.replayed()
            let elevated = try await sandbox.numbers("select count(*) from riskd.track where level > 0")
            #expect(elevated != [0], "no level stands: the test shows nothing")
            let before = try await sandbox.numbers("select max(id) from riskd.sample")
            sandbox.settings.append("scoring.half_lives=[2m, 30m, 2h, 12h]")
            sandbox.settings.append("scoring.hold=3")
            // An hour later: levels have had time to fall, by the new rules.
            let time = #""2026-03-02T21:00:00Z""#
            try sandbox.append(LogLine.record(0, ["time": time, "model": #""fashion""#]) + "\n")
            try await sandbox.succeed(["replay", sandbox.path()])
            #expect(try await sandbox.numbers("select max(id) from riskd.sample") != before)
            let all = try await sandbox.succeed(["recompute", "--all"])
            #expect(all.output.contains("every sample is identical"), "\(all.output)")
        }

        @Test func `a sample of a tick without queries can be computed again by itself`() async throws {
            let sandbox = try await Fashion.replayed()
            let quiet = try await sandbox.numbers(
                "select id from riskd.sample where queries = 0 order by id limit 3"
            )
            try #require(!quiet.isEmpty)
            for sample in quiet {
                let result = try await sandbox.succeed(["recompute", "\(sample)"])
                #expect(result.output.contains("identical"), "\(result.output)")
                try await sandbox.execute("update riskd.sample set score = score + 1 where id = \(sample)")
                #expect(try await sandbox.run(["recompute", "\(sample)"]).code == 1)
            }
        }

        @Test func `a record from the far future is refused, and makes no other late`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<50))
            try sandbox.append(LogLine.record(1000, ["time": #""2999-01-01T00:00:00Z""#]) + "\n")
            try sandbox.append(LogLine.records(50..<100))
            let result = try await sandbox.succeed(["replay", sandbox.path()])
            #expect(!result.output.contains("late"), "\(result.output)")
            #expect(try await sandbox.deadLetters().map(\.reason) == ["time_in_future"])
            try await sandbox.holdsExactly(LogLine.written(0..<100))
        }

        @Test func `an interrupted replay says so, and goes on when it is started again`() async throws {
            let sandbox = try await Fashion.calibrated()
            sandbox.settings.append("batch.records=8")
            let replay = try sandbox.begin(["replay", Fashion.trace] + sandbox.flags)
            try await eventually("a part is stored", { replay.errors }) {
                try await sandbox.count() > 100 || !replay.isRunning
            }
            let result = try await replay.terminate()
            #expect(result.code == 1)
            #expect(result.errors.contains("interrupted before the end"), "\(result.errors)")
            #expect(try await sandbox.count() < 3193)
            try await sandbox.succeed(["replay", Fashion.trace])
            #expect(try await Fashion.dumps(sandbox) == Fashion.dumps())
        }

        @Test func `a log that is named twice is read once`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<20))
            let link = sandbox.path("link.ndjson")
            try FileManager.default.createSymbolicLink(
                atPath: link,
                withDestinationPath: sandbox.path()
            )
            let result = try await sandbox.succeed(["replay", sandbox.path(), sandbox.path(), link])
            #expect(result.output.hasPrefix("20 records"), "\(result.output)")
            #expect(!result.output.contains("left out"))
        }

        @Test func `logs are merged by time however it is written`() async throws {
            let sandbox = try await Sandbox()
            for (name, numbers) in [("even", [0, 2, 4]), ("odd", [1, 3, 5])] {
                for number in numbers {
                    let line = LogLine.record(number)
                    // Another spelling of the same key.
                    let spelt = name == "odd" ? line.replacing(#""time""#, with: #""\u0074ime""#) : line
                    try sandbox.append(spelt + "\n", to: name)
                }
            }
            try await sandbox.succeed(["replay", sandbox.path("even"), sandbox.path("odd")])
            let order = try await sandbox.texts("select record_id from riskd.observation order by sequence")
            #expect(order == (0...5).map { LogLine.name($0) })
        }

        @Test func `a demo removes no folder that is not a demo's`() async throws {
            let sandbox = try await Sandbox(database: "dbname=none")
            try sandbox.append("precious", to: "notes.txt")
            let fixture = Fashion.path("")
            let words = ["demo", "--directory", sandbox.directory.path, "--fixture", fixture]
            let result = try await DaemonProcess.run(words, in: sandbox.directory)
            #expect(result.code == 1)
            #expect(result.errors.contains("is not a demo's"), "\(result.errors)")
            #expect(FileManager.default.fileExists(atPath: sandbox.path("notes.txt")))
        }

        @Test func `check fails where run could not start, and creates nothing`() async throws {
            let sandbox = try await Sandbox()
            func check(_ settings: [String], _ more: [String] = []) async throws -> DaemonProcess.Result {
                let set = settings.flatMap { ["--set", $0] }
                return try await DaemonProcess.run(["check"] + set + more, in: sandbox.directory)
            }
            let state = sandbox.path("state")
            let fresh = try await check(["state_directory=\(state)"], ["--follow", sandbox.path()])
            #expect(fresh.code == 0, "\(fresh.output)")
            #expect(fresh.output.contains("riskd run creates it"))
            #expect(!FileManager.default.fileExists(atPath: state))
            let idle = try await check(["state_directory=\(state)"])
            #expect(idle.code == 1)
            #expect(idle.output.contains("ingest.paths is empty"))
            try sandbox.append(LogLine.records(0..<5))
            try await sandbox.succeed(["replay", sandbox.path()])
            let database = "database=\(sandbox.database)"
            #expect(try await check([database], ["--follow", sandbox.path()]).code == 0)
            let other = try await check([database, "scoring.tick=20s"], ["--follow", sandbox.path()])
            #expect(other.code == 1)
            #expect(other.output.contains("failed"), "\(other.output)")
        }
    }
}

extension LiveTests {
    /// A file that is there and cannot be read.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct UnreadableFileTests {
        @Test func `is reported while it lasts, and holds up no other`() async throws {
            let sandbox = try await Sandbox()
            // A link to itself: permissions would not stop root.
            let bad = sandbox.path("bad.ndjson")
            try FileManager.default.createSymbolicLink(atPath: bad, withDestinationPath: bad)
            try sandbox.append(LogLine.records(0..<100))
            let daemon = try await sandbox.startReading(following: ["*.ndjson"])
            try await sandbox.stores(100, daemon)
            let port = try #require(daemon.port)
            let answer = try #require(Probe.get("/readyz", port: port))
            #expect(answer.status == 503)
            #expect(Probe.metric("riskd_sources_unreadable", port: port) == 1)
            #expect(Probe.metric("riskd_ingest_caught_up", port: port) == 0)
            #expect(daemon.errors.contains("source unreadable"))
            try FileManager.default.removeItem(atPath: bad)
            try await eventually("it is ready again", { daemon.errors }) {
                Probe.get("/readyz", port: port)?.status == 200
            }
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<100))
        }
    }
}
