import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// What a database must be and allow.
@Suite(.timeLimit(.minutes(3)))
struct FitnessTests {
    /// A role without any right, as which to connect.
    private func role(_ name: String, _ session: PostgresSession, _ database: String) async throws -> String {
        try await session.execute(
            unsafeSQL: """
                do $$ begin
                    if to_regrole('\(name)') is null then create role \(name); end if;
                end $$;
                """
        )
        return database + " options='-c role=\(name)'"
    }

    private func name(_ database: String) -> Substring {
        database.split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst(7) ?? ""
    }

    private func faults(_ database: String) async throws -> [DatabaseFault] {
        try await Store.connect(database).faults()
    }

    @Test(
        "these tests run against the server that they are told to",
        .enabled(if: TestCluster.otherServer != nil, "only `make test-postgres-versions` names one")
    )
    func server() async throws {
        let told = try SpawnedProgram.output(of: [(TestCluster.otherServer ?? "") + "/postgres", "--version"])
        let session = try await makeSession(try await TestCluster.freshDatabase())
        let version = try await session.query("show server_version").first?.only(String.self)
        #expect(String(decoding: told, as: UTF8.self) == "postgres (PostgreSQL) \(version ?? "")\n")
    }

    @Test(
        "another encoding than UTF8 is refused before anything is written",
        arguments: ["LATIN1", "SQL_ASCII"]
    )
    func encoding(encoding: String) async throws {
        let other = try await TestCluster.freshDatabase()
        let name = "\(name(other))_\(encoding.lowercased())"
        try await makeSession(other).execute(
            unsafeSQL: "create database \(name) template template0 encoding '\(encoding)' locale 'C'"
        )
        let database = other.replacing("dbname=\(self.name(other))", with: "dbname=\(name)")
        let store = try await Store.connect(database)
        #expect(try await store.faults() == [.encoding(encoding)])
        let error = await #expect(throws: StorageError.self) { try await store.migrate() }
        guard case .unfit([.encoding(encoding)]) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("createdb --encoding=UTF8 --template=template0") == true)
        #expect(
            try await makeSession(database).query("select to_regnamespace('riskd') is null").first?.only()
                == true
        )
    }

    @Test("a schema that an administrator made is enough, and everything works in it")
    func schema() async throws {
        let database = try await TestCluster.freshDatabase()
        let session = try await makeSession(database)
        let own = try await role("plain_owner", session, database)
        try await session.execute(
            unsafeSQL:
                "create schema riskd authorization plain_owner; create schema riskd_audit authorization plain_owner"
        )
        #expect(try await faults(own).isEmpty)
        let store = try await Store.connect(own)
        try await store.migrate()
        try await store.takeOwnership(name: "test", tickLength: .seconds(60))
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        #expect(try await store.loadState().sequence == 1)
        #expect(
            try await session.query(
                "select has_database_privilege('plain_owner', current_database(), 'CREATE')"
            ).first?
            .only() == false
        )
    }

    @Test("each right that is missing is named with the statement that gives it, and that is enough")
    func rights() async throws {
        let database = try await TestCluster.freshDatabase()
        let session = try await makeSession(database)
        let own = try await role("plain_rights", session, database)
        let name = name(database)
        try await session.execute(unsafeSQL: "revoke temporary on database \(name) from public")
        func create(_ schema: String) -> String {
            "CREATE SCHEMA \(schema) AUTHORIZATION plain_rights, or GRANT CREATE ON DATABASE \(name) TO plain_rights"
        }
        let temporary = "GRANT TEMPORARY ON DATABASE \(name) TO plain_rights"
        #expect(
            try await faults(own) == [
                .grant(temporary), .grant(create("riskd")), .grant(create("riskd_audit")),
            ]
        )
        try await session.execute(unsafeSQL: "create schema riskd; create schema riskd_audit; \(temporary)")
        let uses = ["riskd", "riskd_audit"].map { "GRANT USAGE, CREATE ON SCHEMA \($0) TO plain_rights" }
        #expect(try await faults(own) == uses.map { DatabaseFault.grant($0) })
        try await session.execute(unsafeSQL: uses.joined(separator: "; "))
        #expect(try await faults(own).isEmpty)
        // Tables that somebody else made.
        let administrator = try await Store.connect(database)
        try await administrator.migrate()
        let join = "GRANT riskd TO plain_rights"
        let foreign = ["riskd", "riskd_audit"].map {
            DatabaseFault.foreignTables(schema: $0, owner: "riskd", grant: join)
        }
        #expect(try await faults(own) == foreign)
        try await session.execute(unsafeSQL: join)
        #expect(try await faults(own).isEmpty)
        let store = try await Store.connect(own)
        try await store.takeOwnership(name: "test", tickLength: .seconds(60))
        try await store.commit(makeBatch(0, [makeObservation(1)]))
    }

    @Test("a database that takes no writes is told from a standby")
    func readOnly() async throws {
        let database = try await TestCluster.freshDatabase()
        try await makeSession(database).execute(
            unsafeSQL: "alter database \(name(database)) set default_transaction_read_only = on"
        )
        #expect(try await faults(database) == [.readOnly])
        let cluster = OwnCluster(["wal_level": "replica"])
        do {
            let first = try await cluster.start()
            #expect(try await faults(first).isEmpty)
            let store = try await Store.connect(first)
            try await store.migrate()
            await cluster.stop()
            try await cluster.start(isStandby: true)
            #expect(try await faults(first) == [.standby])
        } catch {
            await cluster.remove()
            throw error
        }
        await cluster.remove()
    }

    @Test("a writer waits while the server is read-only, and what it sends afterwards is there once")
    func failOver() async throws {
        let (store, database) = try await makeStore()
        let administrator = try await makeSession(database)
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        // The server's switch, which holds for sessions that are open already.
        let process = Int64(await store.session.serverProcess)
        try await administrator.execute(
            unsafeSQL: "alter database \(name(database)) set default_transaction_read_only = on"
        )
        try await administrator.run("select pg_terminate_backend(\(process)::int)")
        for _ in 0..<3 {
            let error = await #expect(throws: StorageError.self) {
                if await store.isBroken { try await store.reconnect() }
                try await store.commit(makeBatch(1, [makeObservation(2)]))
            }
            #expect(error?.isTransient == true, "\(String(describing: error))")
        }
        // The next look is through a new connection, which may lead elsewhere.
        #expect(await store.isBroken)
        try await administrator.execute(
            unsafeSQL: """
                set default_transaction_read_only = off;
                alter database \(name(database)) reset default_transaction_read_only
                """
        )
        #expect(try await store.outcome(of: 1) == .notCommitted)
        try await store.commit(makeBatch(1, [makeObservation(2)]))
        #expect(try await store.loadState().sequence == 2)
    }

    @Test("a database that has lost batches is told from one that another writer has")
    func rewound() async throws {
        let (store, database) = try await makeStore()
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        try await store.commit(makeBatch(1, [makeObservation(2)]))
        try await makeSession(database).execute(unsafeSQL: "update pipeline set batch = 0, sequence = 0")
        for _ in 0..<2 {
            let error = await #expect(throws: StorageError.self) {
                try await store.commit(makeBatch(2, [makeObservation(3)]))
            }
            guard case .rewound(batches: 2) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.isTransient == false)
        }
        try await makeSession(database).execute(unsafeSQL: "update pipeline set owner = 'somebody else'")
        let error = await #expect(throws: StorageError.self) {
            try await store.commit(makeBatch(2, [makeObservation(3)]))
        }
        guard case .fenced = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a quiet writer finds out that it was replaced, and takes its lock again where it was not")
    func place() async throws {
        let (first, database) = try await makeStore(owner: "first")
        try await first.keepPlace()
        let session = try await makeSession(database)
        let locks = """
            select count(*) from pg_locks where locktype = 'advisory'
                and database = (select oid from pg_database where datname = current_database())
            """
        try await session.run("select pg_terminate_backend(\(Int64(await first.session.serverProcess))::int)")
        try await first.keepPlace()
        #expect(try await session.query(PostgresQuery(unsafeSQL: locks)).first?.only(Int.self) == 1)
        try await first.commit(makeBatch(0))
        try await session.run("select pg_terminate_backend(\(Int64(await first.session.serverProcess))::int)")
        let second = try await Store.connect(database)
        try await second.takeOwnership(name: "second", tickLength: .seconds(60), waitingFor: .seconds(10))
        let error = await #expect(throws: StorageError.self) { try await first.keepPlace() }
        guard case .fenced = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await second.keepPlace()
    }
}
