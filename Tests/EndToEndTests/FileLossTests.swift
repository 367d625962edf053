import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// Nothing of a log is lost without a number: cases 21 to 25d and attack A14 of
    /// docs/design/trials.md.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct FileLossTests {
        // Case 25b.
        @Test func `reads all of three rotations that came while the database was away`() async throws {
            let cluster = OwnCluster()
            do {
                let sandbox = try await Sandbox(database: try await cluster.start())
                try sandbox.append(LogLine.records(0..<100))
                let daemon = try await sandbox.startReading()
                try await sandbox.stores(100, daemon)
                await sandbox.disconnect()
                await cluster.stop()
                let port = try #require(daemon.port)
                try await eventually("riskd waits for the database", { daemon.errors }) {
                    Probe.get("/readyz", port: port)?.status == 503
                }
                var next = 100
                for turn in 0..<3 {
                    try sandbox.append(LogLine.records(next..<next + 60))
                    next += 60
                    // What is read next waits, and nothing after it is read.
                    #expect(rename(sandbox.path(), sandbox.path("gone")) == 0)
                    try sandbox.append(LogLine.records(next..<next + 20))
                    next += 20
                    try await eventually("turn \(turn) is held open", { daemon.errors }) {
                        daemon.openFiles.contains { $0.hasSuffix("/gone") }
                            && daemon.openFiles.contains { $0.hasSuffix("/app.ndjson") }
                    }
                    #expect(unlink(sandbox.path("gone")) == 0)
                }
                try await cluster.start()
                try await sandbox.stores(next, daemon, within: .seconds(60))
                #expect(Probe.metric("riskd_lost_bytes_total", port: port) == 0)
                #expect(try await daemon.terminate().code == 0)
                #expect(try await sandbox.deadLetters().isEmpty)
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }

        // Cases 24 and 25a, and row 13.
        @Test func `finds generations of a time when it was stopped, and counts what is gone`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<100))
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(100, daemon)
            #expect(try await daemon.terminate().code == 0)
            try sandbox.append(LogLine.records(100..<150))
            #expect(rename(sandbox.path(), sandbox.path("app.ndjson.2")) == 0)
            try sandbox.append(LogLine.records(150..<220), to: "app.ndjson.1")
            try sandbox.append(LogLine.records(220..<250))
            daemon = try await sandbox.startReading()
            try await sandbox.stores(250, daemon)
            #expect(try await daemon.terminate().code == 0)
            #expect(try await sandbox.deadLetters().isEmpty)
            // Half a line is known to be there when it goes.
            let half = Array(LogLine.record(250).utf8.prefix(120))
            try sandbox.append(half)
            daemon = try await sandbox.startReading()
            try await eventually("the half line is seen", { daemon.errors }) {
                try await sandbox.numbers("select max(known_size - position_offset) from riskd.source_file")
                    == [120]
            }
            #expect(try await daemon.terminate().code == 0)
            #expect(unlink(sandbox.path()) == 0)
            try sandbox.append(LogLine.records(251..<260))
            daemon = try await sandbox.startReading()
            try await sandbox.stores(259, daemon)
            let port = try #require(daemon.port)
            try await eventually("the loss is told", { daemon.errors }) {
                Probe.metric("riskd_lost_bytes_total", port: port) == 120
            }
            #expect(daemon.errors.contains("bytes of a source are lost"))
            #expect(
                try await sandbox.numbers("select sum(lost_bytes)::bigint from riskd.source_file") == [120]
            )
            #expect(try await daemon.terminate().code == 0)
        }

        // Row 35.
        @Test func `waits while the database has no room, without haste, and loses nothing`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<100))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(100, daemon)
            let port = try #require(daemon.port)
            // The server says what it says when its disk is full.
            try await sandbox.execute(
                """
                create function public.no_room() returns trigger language plpgsql as
                    $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$;
                create trigger no_room before insert on riskd.observation for each statement execute function public.no_room();
                """
            )
            try sandbox.append(LogLine.records(100..<300))
            try await eventually("commits fail", { daemon.errors }) {
                Probe.metric("riskd_commit_retries_total", port: port) ?? 0 >= 3
            }
            #expect(daemon.isRunning && Probe.get("/readyz", port: port)?.status == 503)
            try await sandbox.execute("drop trigger no_room on riskd.observation")
            try sandbox.append(LogLine.records(300..<400))
            try await sandbox.stores(400, daemon)
            // 50 ms, doubled up to 5 s: never more than a few a second.
            #expect(Probe.metric("riskd_commit_retries_total", port: port) ?? 0 < 20)
            #expect(Probe.metric("riskd_lost_bytes_total", port: port) == 0)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<400))
        }

        // Attack A14.
        @Test func `a folder, a pipe, a device and an archive are no logs, and it is said`() async throws {
            let sandbox = try await Sandbox()
            #expect(mkdir(sandbox.path("folder"), 0o755) == 0)
            #expect(mkfifo(sandbox.path("pipe"), 0o644) == 0)
            try sandbox.append("x", to: "old.ndjson.gz")
            for (name, word) in [("folder", "a folder"), ("pipe", "a pipe"), ("old.ndjson.gz", "compressed")]
            {
                let result = try await sandbox.run(["check", "--follow", sandbox.path(name)])
                #expect(result.code == 1 && result.output.contains(word), "\(result.output)")
            }
            let device = try await sandbox.run(["check", "--follow", "/dev/null"])
            #expect(device.code == 1 && device.output.contains("a device"), "\(device.output)")
            let fine = try await sandbox.run(["check", "--follow", sandbox.path("*")])
            #expect(
                !fine.output.contains("a folder"),
                "among files that a glob leads to others are passed over"
            )
            try sandbox.append(LogLine.records(0..<10))
            let daemon = try await sandbox.startReading(following: ["app.ndjson", "folder", "pipe"])
            try await sandbox.stores(10, daemon)
            let port = try #require(daemon.port)
            #expect(Probe.metric("riskd_sources_unfit", port: port) == 2)
            #expect(try await daemon.terminate().code == 0)
        }
    }
}
