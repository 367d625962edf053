import Configuration
import Domain
import Foundation
import Pipeline
import Recordings
import RiskdDaemon
import RiskdTesting
import Runtime
import Testing

/// Event time that nobody outside controls: clocks of callers, of hosts and of riskd itself.
extension RecordedTests {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct TimeTests {
        /// Who reaches critical when the trace is replayed as it is.
        private static let attackers = [7, 24, 30, 31, 35, 37, 39, 41]
            .map { "user-0\($0 < 10 ? "0" : "")\($0)" }

        private static func time(_ line: some StringProtocol) throws -> Int64 {
            let text = String(try #require(try /"time":"([^"]+)"/.firstMatch(in: String(line))).1)
            return try #require(Timestamp(rfc3339: text)).milliseconds
        }

        private static func moved(
            _ line: some StringProtocol,
            to time: Int64,
            id: String,
            user: String? = nil
        ) -> String {
            var text = String(line)
            text.replace(/"time":"[^"]+"/, with: "\"time\":\"\(LogLine.time(time))\"", maxReplacements: 1)
            text.replace(/"id":"[^"]+"/, with: "\"id\":\"\(id)\"", maxReplacements: 1)
            if let user { text.replace(/"user":"[^"]+"/, with: "\"user\":\"\(user)\"", maxReplacements: 1) }
            return text
        }

        /// The trace with a record of somebody else every so often whose time is ahead, in seconds.
        private static func trace(ahead: Int64, every: Int64, areMany: Bool) throws -> String {
            var text = ""
            var next: Int64?
            var count = 0
            for line in try RecordedText.read(Fashion.trace).split(separator: "\n") {
                let now = try time(line)
                while next.map({ $0 <= now }) ?? true {
                    let user = areMany ? "stranger-\(count)" : "stranger"
                    text += moved(line, to: (next ?? now) + ahead * 1000, id: "s-\(count)", user: user) + "\n"
                    next = (next ?? now) + every * 1000
                    count += 1
                }
                text += line + "\n"
            }
            return text
        }

        private func critical(_ sandbox: Sandbox) async throws -> [String] {
            try await sandbox.texts(
                """
                select distinct entity_name from riskd.level_change where to_level = 4 and entity_kind = 'user'
                order by entity_name
                """
            )
        }

        @Test(
            arguments: [
                (570, 540, false), (300, 300, false), (120, 120, true), (60, 60, true), (570, 60, true),
            ]
                as [(Int64, Int64, Bool)]
        )
        func `strangers with fast clocks change no attacker's level`(
            ahead: Int64,
            every: Int64,
            areMany: Bool
        )
            async throws
        {
            let sandbox = try await Fashion.plain()
            try sandbox.append(try Self.trace(ahead: ahead, every: every, areMany: areMany))
            let replay = try await sandbox.succeed(["replay", sandbox.path()])
            #expect(try await critical(sandbox) == Self.attackers)
            // A few per cent at most, where one caller in fifteen is wrong.
            let late = try #require(
                try await sandbox.numbers("select count(*) from riskd.observation where late").first
            )
            #expect(late < 100, "\(replay.output)")
            if ahead == 570, every == 540 {
                let flagged = "select count(*) from riskd.observation where ahead and user_name = 'stranger'"
                let all = "select count(*) from riskd.observation where user_name = 'stranger'"
                // All but the first of all, which nothing was known before.
                let expected = try #require(try await sandbox.numbers(all).first)
                #expect(try await sandbox.numbers(flagged) == [expected - 1])
                #expect(replay.output.contains("far ahead of their source's others"))
            }
            #expect(
                try await sandbox.succeed(["recompute", "--all"]).output.contains("every sample is identical")
            )
        }

        @Test(arguments: [2, 4]) func `a backlog in several followed files is scored as a replay of them`(
            count: Int
        )
            async throws
        {
            let live = try await Fashion.plain()
            for line in try RecordedText.read(Fashion.trace).split(separator: "\n") {
                let user = try #require(try /"user":"([^"]+)"/.firstMatch(in: String(line))).1
                let file = user.utf8.reduce(0) { ($0 * 31 + Int($1)) % 1009 } % count
                try live.append(line + "\n", to: "h\(file).ndjson")
            }
            let daemon = try live.start(following: ["h*.ndjson"])
            try await live.stores(3193, daemon)
            #expect(try await daemon.terminate().code == 0)
            let replayed = try await Fashion.plain()
            try await replayed.succeed(["replay"] + (0..<count).map { live.path("h\($0).ndjson") })
            let (found, expected) = (
                try await live.succeed(["dump", "observation"]).output,
                try await replayed.succeed(["dump", "observation"]).output
            )
            #expect(found == expected)
            #expect(try await critical(live) == Self.attackers)
            #expect(
                try await live.succeed(["recompute", "--all"]).output.contains("every sample is identical")
            )
        }

        @Test func `live, a record from the future before an attack hides nothing`() async throws {
            let sandbox = try await Fashion.plain()
            let lines = try RecordedText.read(Fashion.trace).split(separator: "\n").filter {
                $0.contains("\"user\":\"user-007\"")
            }
            let now = Int64(Date.now.timeIntervalSince1970 * 1000)
            let first = try Self.time(try #require(lines.first))
            // The attack began 130 s ago; it lasts 100 s.
            let shift = now - 130_000 - first
            try sandbox.append(Self.moved(lines[0], to: now + 570_000, id: "s", user: "stranger") + "\n")
            for (number, line) in lines.enumerated() {
                let time = try Self.time(line) + shift
                try sandbox.append(Self.moved(line, to: time, id: "a-\(number)") + "\n")
            }
            let daemon = try sandbox.start()
            try await eventually("the attacker is critical", { daemon.errors }) {
                try await critical(sandbox) == ["user-007"]
            }
            #expect(
                try await sandbox.texts("select user_name from riskd.observation where ahead") == ["stranger"]
            )
            #expect(try await sandbox.numbers("select count(*) from riskd.observation where late") == [0])
            // It counts where the clock was, not where it says.
            let tick = try #require(
                try await sandbox.numbers("select tick from riskd.observation where ahead").first
            )
            #expect(abs(Int64(tick) * 1000 - now) < 120_000)
            #expect(try await daemon.terminate().code == 0)
        }
    }
}

extension LiveTests {
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ClockTests {
        private static var now: Int64 { Int64(Date.now.timeIntervalSince1970 * 1000) }

        private func records(_ range: Range<Int>, at time: Int64) -> String {
            range.map { LogLine.record($0, ["time": "\"\(LogLine.time(time + Int64($0)))\""]) + "\n" }
                .joined()
        }

        @Test func `a host whose clock is slow is told of with the offset, and a replay says what was read`()
            async throws
        {
            let sandbox = try await Sandbox()
            try sandbox.append(records(0..<40, at: Self.now + 900_000))
            let daemon = try await sandbox.startReading()
            try await sandbox.refuses(40, daemon)
            try await eventually("it is told", { daemon.errors }) { daemon.errors.contains("time_in_future") }
            let port = try #require(daemon.port)
            #expect(Probe.metric("riskd_sources_untimely{kind=\"refused\"}", port: port) == 1)
            let lead = try #require(Probe.metric("riskd_time_lead_seconds", port: port))
            #expect((800...901).contains(lead))
            #expect(daemon.errors.contains("furthest_ahead="))
            #expect(try await daemon.terminate().code == 0)
            let replay = try await sandbox.succeed(["replay", sandbox.path()])
            #expect(replay.errors.contains("the file was read before"), "\(replay.errors)")
        }

        @Test func `ticks that a wrong clock closed are opened again, at the start and by a command`()
            async throws
        {
            let sandbox = try await Sandbox()
            sandbox.settings += ["scoring.lateness=1s"]
            try sandbox.append(records(0..<40, at: Self.now - 60_000))
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(40, daemon)
            let open = "select count(*) from riskd.observation, riskd.pipeline where tick > last_closed_tick"
            try await eventually("all ticks are closed", { daemon.errors }) {
                try await sandbox.numbers(open) == [0]
            }
            #expect(try await daemon.terminate().code == 0)
            let early = """
                update riskd.pipeline set watermark = watermark + interval '10 years',
                    last_closed_tick = last_closed_tick + 315532800;
                """
            // What came meanwhile was late.
            try await sandbox.execute(
                early + """
                    update riskd.observation set late = true,
                        tick = (select last_closed_tick + 1 from riskd.pipeline) where sequence > 35;
                    """
            )
            let repaired = try await sandbox.succeed(["repair-time"])
            #expect(repaired.output.contains("closed up to"), "\(repaired.output)")
            let isPast = "select count(*) from riskd.pipeline where watermark <= now()"
            #expect(try await sandbox.numbers(isPast) == [1])
            // These count once more where there is room: not in ten years.
            let ahead = "select count(*) from riskd.observation where tick > extract(epoch from now())"
            #expect(try await sandbox.numbers(ahead) == [0])
            try await sandbox.execute(early)
            try sandbox.append(records(40..<80, at: Self.now))
            daemon = try await sandbox.startReading()
            #expect(daemon.errors.contains("they are open again"), "\(daemon.errors)")
            try await sandbox.stores(80, daemon)
            #expect(try await sandbox.numbers(isPast) == [1])
            try await eventually("all ticks are closed", { daemon.errors }) {
                try await sandbox.numbers(open) == [0]
            }
            #expect(try await daemon.terminate().code == 0)
            #expect(try await sandbox.succeed(["repair-time"]).output.contains("nothing is closed"))
        }

        @Test func `what is late counts in the first open tick even where the clock would not close it`()
            async throws
        {
            let sandbox = try await Sandbox()
            sandbox.settings += ["scoring.lateness=1s"]
            try sandbox.append(records(0..<40, at: Self.now - 60_000))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(40, daemon)
            #expect(try await daemon.terminate().code == 0)
            // Half a minute ahead is no reason to take anything back; a level that is stored of then keeps it, too.
            try await sandbox.execute(
                """
                update riskd.pipeline set watermark = now() + interval '50 seconds',
                    last_closed_tick = floor(extract(epoch from now()))::bigint + 49;
                """
            )
            let other = try await sandbox.startReading()
            try sandbox.append(records(40..<80, at: Self.now))
            try await sandbox.stores(80, other)
            let open = "select count(*) from riskd.observation, riskd.pipeline where tick > last_closed_tick"
            try await eventually("all ticks are closed", { other.errors }) {
                try await sandbox.numbers(open) == [0]
            }
            #expect(other.errors.contains("later than the wall clock says"), "\(other.errors)")
            #expect(try await other.terminate().code == 0)
        }

        /// A receiver that is down for a moment while the wall clock is ten years ahead for a moment.
        @Test func `a wall clock that jumps puts no message off, gives none up and disables no endpoint`()
            async throws
        {
            let sandbox = try await Sandbox()
            try sandbox.append("")
            let configuration = try Configuration.parse(
                Array(
                    """
                    state_directory: \(sandbox.path("state"))
                    ingest: {paths: [\(sandbox.path())]}
                    http: {listen: '127.0.0.1:0'}
                    api: {enabled: false}
                    alerting:
                      endpoints:
                        - {name: soc, url: 'http://127.0.0.1:9/hook', signing: none, allow_http: true,
                           allow_networks: [127.0.0.0/8], allow_ports: [9]}

                    """.utf8
                ),
                file: "",
                overrides: ["database=\(sandbox.database)"]
            )
            let isAhead = Locked(false)
            let host = Clocks.host
            let clocks = Clocks(
                wall: { host.wall() + (isAhead.withLock { $0 } ? .seconds(315_360_000) : .zero) },
                instant: host.instant
            )
            let daemon = Daemon(configuration, log: Log { _ in }, clocks: clocks)
            let run = Task { try await daemon.run(.live) }
            defer { run.cancel() }
            let failed = "select count(*) from riskd.delivery_attempt where outcome = 'failed'"
            try await eventually("the first attempt fails") {
                ((try? await sandbox.numbers(failed))?.first ?? 0) > 0
            }
            isAhead.withLock { $0 = true }
            // Longer than the outbox goes unlooked at, and until the next attempt.
            let attempts = try await sandbox.numbers(failed).first ?? 0
            try await eventually("another attempt fails") {
                try await sandbox.numbers(failed).first ?? 0 > attempts
            }
            try await Task.sleep(for: .seconds(6))
            isAhead.withLock { $0 = false }
            #expect(
                try await sandbox.numbers(
                    """
                    select count(*) from riskd.outbox where endpoint = 'soc' and state = 'pending'
                        and due < now() + interval '2 days'
                    """
                ) == [1]
            )
            #expect(
                try await sandbox.texts("select enabled::text from riskd.endpoint where name = 'soc'") == [
                    "true"
                ]
            )
            run.cancel()
            _ = await run.result
        }
    }
}
