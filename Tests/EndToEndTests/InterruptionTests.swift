import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// Power cuts and lost databases: rows 4, 5 and 6 of the acceptance suite.
    @Suite(.serialized, .timeLimit(.minutes(4)))
    struct InterruptionTests {
        // Row 4.
        @Test func `loses and repeats nothing in a stream of 20,000 with 20 kills`() async throws {
            let sandbox = try await Sandbox()
            sandbox.settings += ["batch.delay=5ms", "batch.records=128"]
            var random = SystemRandomNumberGenerator()
            var writer = Writer(sandbox, total: 20_000)
            var cutShort = 0
            for kill in 1...20 {
                let daemon = try sandbox.start()
                // Some die while they start, most while they read and commit.
                if kill % 4 != 0 { try await sandbox.isReading(daemon) }
                let end = ContinuousClock.now + .milliseconds(Int.random(in: 0...500, using: &random))
                while ContinuousClock.now < end {
                    // Never more than a share, so that there is something left for every kill to hurt.
                    if writer.written < 900 * kill { try writer.append(100) }
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(daemon.isRunning, "\(daemon.errors)")
                try await daemon.kill()
                if try await sandbox.count() < writer.written { cutShort += 1 }
            }
            #expect(cutShort > 0, "no kill came while there was work: the test shows nothing")
            let daemon = try await sandbox.startReading()
            while !writer.isDone { try writer.append(1000) }
            try await sandbox.stores(20_000, daemon, within: .seconds(120))
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<20_000))
            #expect(try await sandbox.deadLetters().isEmpty)
        }

        // Row 5.
        @Test func `survives killed connections and a database that stops and starts`() async throws {
            let cluster = OwnCluster()
            do {
                let sandbox = try await Sandbox(database: try await cluster.start())
                sandbox.settings += ["batch.delay=5ms", "batch.records=64"]
                let daemon = try await sandbox.startReading()
                var writer = Writer(sandbox, total: 6000)
                try await kill(8, whileWriting: &writer, daemon)
                // The server goes altogether; what is written meanwhile waits.
                try writer.append(500)
                await sandbox.disconnect()
                await cluster.stop()
                let port = try #require(daemon.port)
                try await eventually("riskd says that it is not ready", { daemon.errors }) {
                    Probe.get("/readyz", port: port)?.status == 503
                }
                #expect(Probe.get("/livez", port: port)?.status == 200)
                try await eventually("the metric follows", { daemon.errors }) {
                    Probe.metric("riskd_database_up", port: port) == 0
                }
                let read = Probe.metric("riskd_records_total", port: port)
                while !writer.isDone { try writer.append(500) }
                #expect(Probe.metric("riskd_records_total", port: port) == read)
                #expect(daemon.isRunning)
                try await cluster.start()
                try await sandbox.stores(6000, daemon, within: .seconds(90))
                #expect(Probe.get("/readyz", port: port)?.status == 200)
                #expect(try await daemon.terminate().code == 0)
                try await sandbox.holdsExactly(LogLine.written(0..<6000))
                #expect(try await sandbox.deadLetters().isEmpty)
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }

        /// Ends the program's connections again and again while it commits.
        private func kill(
            _ times: Int,
            whileWriting writer: inout Writer,
            _ daemon: DaemonProcess
        ) async throws {
            let sandbox = writer.sandbox
            for _ in 0..<times {
                let before = try await sandbox.count()
                try writer.append(400)
                // In the middle of a transaction where there is one to be caught.
                var killed = 0
                try await eventually("connections are killed", { daemon.errors }) {
                    killed += try await sandbox.numbers(
                        """
                        select count(pg_terminate_backend(pid)) from pg_stat_activity
                        where application_name = 'riskd' and datname = current_database()
                            and (xact_start is not null and state <> 'idle')
                        """
                    ).reduce(0, +)
                    return killed > 0
                }
                // It must have come back before it is hit again, or nothing would be in flight.
                try await eventually("riskd commits again", { daemon.errors }) {
                    try await sandbox.count() > before
                }
                #expect(daemon.isRunning, "\(daemon.errors)")
            }
        }

        // Row 6.
        @Test func `finds out what became of a commit whose answer, or which itself, was lost`()
            async throws
        {
            let sandbox = try await Sandbox()
            let proxy = try CuttingProxy(to: sandbox.database, in: sandbox.directory.path)
            defer { proxy.stop() }
            sandbox.settings += ["batch.delay=1ms", "batch.records=32"]
            let daemon = try sandbox.start(["--set", "database=\(proxy.connectionString)"])
            try await sandbox.isReading(daemon)
            var writer = Writer(sandbox, total: 3000)
            for cut in 1...10 {
                proxy.cutNextCommit(cut % 2 == 0 ? .beforeTheServer : .beforeTheClient)
                try writer.append(300)
                try await eventually("commit \(cut) is cut", { daemon.errors }) { proxy.cuts == cut }
                try await sandbox.stores(writer.written - 1, daemon)
            }
            while !writer.isDone { try writer.append(500) }
            try await sandbox.stores(3000, daemon)
            let port = try #require(daemon.port)
            // The last that was cut may be one by the clock, which no record waits for; another may be one that told of alerts.
            try await eventually("10 commits that were cut are tried again", { daemon.errors }) {
                let told = daemon.errors.split(separator: "\n").count {
                    $0.contains("alerts wait to be told of") && $0.contains("outcome")
                }
                return Int(Probe.metric("riskd_commit_retries_total", port: port) ?? 0) + told >= 10
            }
            // A commit that had happened was not taken for a repeat of its own records.
            #expect(Probe.metric("riskd_duplicate_ids_total", port: port) == 0)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<3000))
        }
    }
}
