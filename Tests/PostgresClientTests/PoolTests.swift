import PostgresClient
import RiskdTesting
import Testing

/// Poolers between riskd and PostgreSQL; the real one, where Debian's `pgbouncer` is installed.
@Suite(
    .serialized,
    .timeLimit(.minutes(3)),
    .enabled(if: PgBouncer.isInstalled, "Debian's pgbouncer is not installed")
)
struct PoolTests {
    @Test(
        "a pool that shares sessions is refused with cause and remedy, and other clients find nothing changed",
        arguments: ["transaction", "statement"],
        [1, 20]
    )
    func shared(mode: String, size: Int) async throws {
        let database = try await TestCluster.freshDatabase()
        let direct = try await PostgresSession.connect(database)
        let pool = try await PgBouncer(to: database, mode: mode, size: size)
        defer { pool.stop() }
        for _ in 0..<5 {
            let error = await #expect(throws: PostgresError.self) {
                _ = try await PostgresSession.connect(
                    pool.connectionString,
                    preamble: "set search_path = riskd; set default_transaction_read_only = on;"
                )
            }
            #expect(error?.kind == .sharedSession, "\(String(describing: error))")
            #expect(error?.isTransient == false)
            #expect(error?.description.contains("pool_mode = session") == true)
        }
        // Whatever session of the pool another client gets.
        for _ in 0..<5 {
            let output = try SpawnedProgram.output(of: [
                "psql", pool.connectionString, "-qAt", "-c", "show default_transaction_read_only", "-c",
                "show search_path",
            ])
            #expect(String(decoding: output, as: UTF8.self) == "off\n\"$user\", public\n")
        }
        let leftovers = try await direct.query(
            """
            select count(*) from pg_stat_activity where datname = current_database()
                and (query ilike 'set %' or state like 'idle in%') and pid <> pg_backend_pid()
            """
        ).first?.only(Int.self)
        #expect(leftovers == 0)
        let locks = try await direct.query(
            """
            select count(*) from pg_locks where locktype = 'advisory'
                and database = (select oid from pg_database where datname = current_database())
            """
        ).first?.only(Int.self)
        #expect(locks == 0)
    }

    @Test("a busy pool that shares sessions is found out too")
    func busy() async throws {
        let database = try await TestCluster.freshDatabase()
        let pool = try await PgBouncer(to: database, mode: "transaction", size: 4)
        defer { pool.stop() }
        let flag = TestCluster.temporaryDirectory("busy")
        defer { removeTemporaryDirectory(flag) }
        // Other clients, for as long as the folder is there.
        let other = """
            while [ -d '\(flag)' ]; do
                psql '\(pool.connectionString)' -qAt -c 'select pg_sleep(0.02)' -c 'select 1' -c 'select pg_sleep(0.01)'
            done
            """
        let others = try (0..<6).map { _ in try SpawnedProgram(["sh", "-c", other], output: "/dev/null") }
        for _ in 0..<10 {
            let error = await #expect(throws: PostgresError.self) {
                _ = try await PostgresSession.connect(pool.connectionString)
            }
            #expect(error?.kind == .sharedSession, "\(String(describing: error))")
        }
        #expect(others.allSatisfy { $0.code == nil })
    }

    @Test("a pool in session mode works, knows the server's process, and is left as it was")
    func session() async throws {
        let database = try await TestCluster.freshDatabase()
        let pool = try await PgBouncer(to: database, mode: "session")
        defer { pool.stop() }
        let sessions = try await withThrowingTaskGroup(of: PostgresSession.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await PostgresSession.connect(
                        pool.connectionString,
                        preamble: "set default_transaction_read_only = on;"
                    )
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for session in sessions {
            let process = try await session.query("select pg_backend_pid()").first?.only(Int.self)
            #expect(await session.serverProcess == Int32(process ?? 0))
            try await session.requireOwnSession()
            await session.close()
        }
        let output = try SpawnedProgram.output(of: [
            "psql", pool.connectionString, "-qAt", "-c", "show default_transaction_read_only",
        ])
        #expect(String(decoding: output, as: UTF8.self) == "off\n")
    }

    @Test("a pool without room for a second session says what to do, instead of waiting")
    func small() async throws {
        let database = try await TestCluster.freshDatabase()
        let pool = try await PgBouncer(to: database, mode: "session", size: 1)
        defer { pool.stop() }
        let error = await #expect(throws: PostgresError.self) {
            _ = try await PostgresSession.connect(pool.connectionString)
        }
        #expect(error?.description.contains("make the pool larger") == true, "\(String(describing: error))")
    }
}
