import Foundation
import Glibc
import PostgresClient
import RiskdTesting
import Testing

/// PostgreSQL as it is run elsewhere: poolers, other encodings, fail-over, people who cancel and end things.
extension LiveTests {
    @Suite(.serialized, .timeLimit(.minutes(4)))
    struct DatabaseTests {
        private func check(_ sandbox: Sandbox, _ database: String) async throws -> DaemonProcess.Result {
            try await DaemonProcess.run(
                ["check", "--set", "database=\(database)", "--follow", sandbox.path()],
                in: sandbox.directory
            )
        }

        @Test(
            "through a pool that shares sessions riskd refuses to run, and says so in one line",
            .enabled(if: PgBouncer.isInstalled, "Debian's pgbouncer is not installed"),
            arguments: ["transaction", "statement"]
        )
        func pool(mode: String) async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<10))
            let pool = try await PgBouncer(to: sandbox.database, mode: mode)
            defer { pool.stop() }
            let daemon = try sandbox.start(["--set", "database=\(pool.connectionString)"])
            let result = try await daemon.result()
            #expect(result.code == 1)
            #expect(result.errors.contains("pool_mode = session"), "\(result.errors)")
            #expect(!result.errors.contains("another riskd"))
            let verdict = try await check(sandbox, pool.connectionString)
            #expect(verdict.code == 1)
            #expect(verdict.output.contains("pool_mode = session"), "\(verdict.output)")
            let schemas = try await sandbox.texts(
                "select schema_name::text from information_schema.schemata where schema_name = 'riskd'"
            )
            #expect(schemas.isEmpty)
            // Another client of the pool may write.
            let output = try SpawnedProgram.output(of: [
                "psql", pool.connectionString, "-qAt", "-c", "create table other (a int)",
            ])
            #expect(output.isEmpty)
        }

        @Test(
            "through a pool in session mode everything works, and the pool's end is waited for",
            .enabled(if: PgBouncer.isInstalled, "Debian's pgbouncer is not installed")
        )
        func sessions() async throws {
            let sandbox = try await Sandbox()
            let pool = try await PgBouncer(to: sandbox.database, mode: "session", size: 40)
            defer { pool.stop() }
            try sandbox.append(LogLine.records(0..<500))
            let daemon = try sandbox.start(["--set", "database=\(pool.connectionString)"])
            try await sandbox.stores(500, daemon)
            // Ended by an administrator, riskd comes back through the pool.
            try await sandbox.execute(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where pid <> pg_backend_pid() and datname = current_database()
                """
            )
            try sandbox.append(LogLine.records(500..<1000))
            try await sandbox.stores(1000, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<1000))
        }

        @Test("a database in another encoding is refused by check and at the start")
        func encoding() async throws {
            let sandbox = try await Sandbox()
            let field = sandbox.database.split(separator: " ").first { $0.hasPrefix("dbname=") }
            let name = field?.dropFirst(7) ?? ""
            try await sandbox.execute(
                "create database \(name)_latin template template0 encoding 'LATIN1' locale 'C'"
            )
            let database = sandbox.database.replacing("dbname=\(name)", with: "dbname=\(name)_latin")
            let verdict = try await check(sandbox, database)
            #expect(verdict.code == 1)
            #expect(verdict.output.contains("encoded in LATIN1"), "\(verdict.output)")
            let result = try await sandbox.start(["--set", "database=\(database)"]).result()
            #expect(result.code == 1)
            #expect(result.errors.contains("encoded in LATIN1"), "\(result.errors)")
        }

        @Test("a server that is read-only at first is waited for, and every record counts once")
        func failOver() async throws {
            let cluster = OwnCluster(["wal_level": "replica"])
            do {
                let sandbox = try await Sandbox(database: try await cluster.start())
                sandbox.settings += ["batch.delay=5ms", "batch.records=64"]
                let daemon = try await sandbox.startReading()
                try sandbox.append(LogLine.records(0..<500))
                try await sandbox.stores(500, daemon)
                await sandbox.disconnect()
                await cluster.stop()
                try sandbox.append(LogLine.records(500..<900))
                try await cluster.start(isStandby: true)
                try await eventually("riskd meets the standby", { daemon.errors }) {
                    daemon.errors.contains("read-only")
                }
                // What is asked of it says so, too.
                let verdict = try await check(sandbox, sandbox.database)
                #expect(verdict.code == 1)
                #expect(verdict.output.contains("a standby, which is read-only"), "\(verdict.output)")
                #expect(daemon.isRunning)
                #expect(Probe.get("/readyz", port: try #require(daemon.port))?.status == 503)
                try await sandbox.execute("select pg_promote()")
                try await sandbox.stores(900, daemon)
                // Read-only for a moment, by an administrator's hand, on connections that stay.
                try await sandbox.execute("alter system set default_transaction_read_only = on")
                try await sandbox.execute("select pg_reload_conf()")
                try sandbox.append(LogLine.records(900..<1000))
                try await eventually("riskd meets the switch", { daemon.errors }) {
                    daemon.errors.contains("read-only transaction")
                }
                // ALTER SYSTEM is no transaction's, so that the switch does not hold it.
                try await sandbox.execute("alter system reset default_transaction_read_only")
                try await sandbox.execute("select pg_reload_conf()")
                try await sandbox.stores(1000, daemon)
                #expect(try await daemon.terminate().code == 0)
                try await sandbox.holdsExactly(LogLine.written(0..<1000))
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }

        @Test("statements that somebody cancels are tried again")
        func cancelled() async throws {
            let sandbox = try await Sandbox()
            sandbox.settings += ["batch.delay=1ms", "batch.records=32"]
            let daemon = try await sandbox.startReading()
            var cancelled = 0
            for round in 0..<30 {
                try sandbox.append(LogLine.records(round * 100..<(round + 1) * 100))
                try await eventually("a statement is cancelled", { daemon.errors }) {
                    cancelled += try await sandbox.numbers(
                        """
                        select count(*) from (
                            select pg_cancel_backend(pid) from pg_stat_activity
                            where application_name = 'riskd' and datname = current_database() and state = 'active'
                        ) as cancelled
                        """
                    ).reduce(0, +)
                    if try await sandbox.count() == (round + 1) * 100 { return true }
                    return cancelled > round
                }
                #expect(daemon.isRunning, "\(daemon.errors)")
            }
            try await sandbox.stores(3000, daemon)
            #expect(daemon.errors.contains("57014"), "nothing was cancelled in time: the test shows nothing")
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<3000))
        }

        @Test("a database that lost batches is read up to where the logs are, once")
        func rewound() async throws {
            let cluster = OwnCluster()
            do {
                let sandbox = try await Sandbox(database: try await cluster.start())
                sandbox.settings += ["batch.delay=5ms", "batch.records=64"]
                let daemon = try await sandbox.startReading()
                try sandbox.append(LogLine.records(0..<300))
                try await sandbox.stores(300, daemon)
                // What a server would have that lagged: everything as it was.
                let name = "lagging"
                kill(daemon.identifier, SIGSTOP)
                try await sandbox.execute(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where pid <> pg_backend_pid() and datname = current_database()
                    """
                )
                await sandbox.disconnect()
                let other = sandbox.database.replacing("dbname=riskd", with: "dbname=postgres")
                var session = try await PostgresSession.connect(other)
                try await session.execute(unsafeSQL: "create database \(name) template riskd")
                kill(daemon.identifier, SIGCONT)
                try sandbox.append(LogLine.records(300..<700))
                try await sandbox.stores(700, daemon)
                kill(daemon.identifier, SIGSTOP)
                await sandbox.disconnect()
                session = try await PostgresSession.connect(other)
                try await session.execute(
                    unsafeSQL: """
                        select pg_terminate_backend(pid) from pg_stat_activity where datname = 'riskd'
                        """
                )
                try await session.execute(unsafeSQL: "drop database riskd with (force)")
                try await session.execute(unsafeSQL: "alter database \(name) rename to riskd")
                kill(daemon.identifier, SIGCONT)
                try sandbox.append(LogLine.records(700..<1000))
                try await sandbox.stores(1000, daemon)
                #expect(daemon.errors.contains("the database has lost the last"), "\(daemon.errors)")
                let port = try #require(daemon.port)
                #expect(Probe.metric("riskd_database_rewinds_total", port: port) == 1)
                #expect(try await daemon.terminate().code == 0)
                try await sandbox.holdsExactly(LogLine.written(0..<1000))
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }

        @Test("a riskd that was replaced while it heard nothing ends without a record")
        func replaced() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<50))
            let first = try await sandbox.startReading()
            try await sandbox.stores(50, first)
            // It sleeps, as on a host that is suspended; its connections end, and another starts.
            kill(first.identifier, SIGSTOP)
            try await sandbox.execute(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'riskd' and datname = current_database()
                """
            )
            let second = try await sandbox.startReading()
            kill(first.identifier, SIGCONT)
            let result = try await first.result(within: .seconds(30))
            #expect(result.code == 1)
            #expect(result.errors.contains("another riskd has written to this database"), "\(result.errors)")
            #expect(second.isRunning)
            #expect(try await second.terminate().code == 0)
        }

        @Test("a batch of records of a thousand days needs no more locks than PostgreSQL has by default")
        func manyDays() async throws {
            let cluster = OwnCluster(["max_locks_per_transaction": "64", "max_connections": "100"])
            do {
                let sandbox = try await Sandbox(database: try await cluster.start())
                #expect(try await sandbox.texts("show max_locks_per_transaction") == ["64"])
                let days = 1000
                let old = (1...days).map { number in
                    let time = LogLine.time(LogLine.epoch - Int64(number) * 86_400_000)
                    return LogLine.record(number, ["time": "\"\(time)\""]) + "\n"
                }
                // What is newest comes first, so that all others are late.
                try sandbox.append(LogLine.record(0) + "\n" + old.joined())
                // To count the records takes the locks of all days at once, which is the test's doing and not riskd's.
                func isStored(_ count: Int, _ daemon: DaemonProcess) async throws {
                    try await eventually("all is stored", within: .seconds(120), { daemon.errors }) {
                        try await sandbox.numbers("select sequence from riskd.pipeline") == [count]
                    }
                }
                let daemon = try await sandbox.startReading()
                try await isStored(days + 1, daemon)
                let port = try #require(daemon.port)
                #expect(Probe.metric("riskd_commit_retries_total", port: port) ?? 0 == 0, "\(daemon.errors)")
                #expect(!daemon.errors.contains("53200"), "\(daemon.errors)")
                #expect(try await daemon.terminate().code == 0)
                // A start finds its way among all these days, too.
                let again = try await sandbox.startReading()
                try sandbox.append(LogLine.record(days + 1) + "\n")
                try await isStored(days + 2, again)
                #expect(!again.errors.contains("53200"), "\(again.errors)")
                #expect(try await again.terminate().code == 0)
                try await sandbox.holdsExactly(LogLine.written(0...days + 1))
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }

        @Test("a stop does not wait for a long batch: it is dropped as a whole, and read again")
        func longBatch() async throws {
            let sandbox = try await Sandbox()
            // Half a million pairs of large images: a stop comes long before they are all compared.
            let (side, count) = (256, 1000)
            var image = [UInt8](repeating: 0, count: side * side)
            for number in 0..<count {
                arc4random_buf(&image, image.count)
                let data = Data(image).base64EncodedString()
                let input = #"{"shape":[\#(side),\#(side),1],"dtype":"uint8","data":"\#(data)"}"#
                try sandbox.append(LogLine.record(number, ["input": input]) + "\n")
            }
            let settings = sandbox.settings
            sandbox.settings += [
                "similarity.metric=fsim", "similarity.threshold=0.05", "similarity.cap=0.9",
                "similarity.history.entries=2000", "batch.bytes=256MiB", "batch.delay=10s",
            ]
            let daemon = try await sandbox.startReading()
            // All of it is one batch, which is now compared.
            try await eventually("the log is read", { daemon.errors }) {
                (daemon.bytesRead ?? 0) > count * side * side
            }
            let stopped = try await daemon.terminate()
            #expect(stopped.code == 0)
            #expect(stopped.errors.contains("stops without the batch that is scored"), "\(stopped.errors)")
            #expect(try await sandbox.count() == 0, "the batch was over too soon: the test shows nothing")
            sandbox.settings =
                settings + [
                    "similarity.metric=mse", "similarity.threshold=0.005", "similarity.cap=0.02",
                    "similarity.history.entries=100",
                ]
            let again = try await sandbox.startReading()
            try await sandbox.stores(count, again)
            #expect(try await again.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<count))
        }

        @Test("a stop does not wait for a database that is gone, or hangs", arguments: [true, false])
        func stopWithout(isGone: Bool) async throws {
            let cluster = OwnCluster()
            do {
                let sandbox = try await Sandbox(database: try await cluster.start())
                let daemon = try await sandbox.startReading()
                try sandbox.append(LogLine.records(0..<100))
                try await sandbox.stores(100, daemon)
                var frozen: [Int] = []
                if isGone {
                    await sandbox.disconnect()
                    await cluster.stop()
                } else {
                    frozen = try await sandbox.numbers(
                        "select pid from pg_stat_activity where application_name = 'riskd'"
                    )
                    #expect(frozen.count > 3)
                    for process in frozen { kill(pid_t(process), SIGSTOP) }
                }
                try sandbox.append(LogLine.records(100..<200))
                try await eventually("it is not ready", { daemon.errors }) {
                    Probe.get("/readyz", port: daemon.port ?? 0)?.status == 503
                }
                #expect(try await daemon.terminate().code == 0, "\(daemon.errors)")
                for process in frozen { kill(pid_t(process), SIGCONT) }
                if isGone { try await cluster.start() }
                let again = try await sandbox.startReading()
                try await sandbox.stores(200, again)
                #expect(try await again.terminate().code == 0)
                try await sandbox.holdsExactly(LogLine.written(0..<200))
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }
    }
}
