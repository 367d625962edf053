import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// PostgreSQL as it is run elsewhere: other encodings, standbys, roles with few rights.
@Suite(.timeLimit(.minutes(3)))
struct ServerTests {
    private func session() async throws -> (session: PostgresSession, connectionString: String) {
        let connectionString = try await TestCluster.freshDatabase()
        return (try await PostgresSession.connect(connectionString), connectionString)
    }

    @Test func `a database that cannot hold every name is refused at once`() async throws {
        let (session, connectionString) = try await session()
        let name = connectionString.databaseName
        try await session.execute(
            unsafeSQL: "create database \(name)_latin encoding 'LATIN1' locale 'C' template template0"
        )
        let latin = connectionString.replacingDatabase(with: "\(name)_latin")
        let error = await #expect(throws: StorageError.self) { _ = try await Store.connect(latin) }
        if case .encoding("LATIN1") = error {} else { Issue.record(error ?? StorageError.notOwner) }
        #expect("\(try #require(error))".contains("encoding 'UTF8'"))
    }

    @Test func `a server that takes no writes is waited for, on a new connection`() async throws {
        let (session, connectionString) = try await session()
        let store = try await Store.connect(connectionString)
        #expect(try await !store.isReadOnly())
        try await store.migrate()
        let name = String(connectionString.databaseName)
        try await session.execute(
            unsafeSQL: "alter database \(name) set default_transaction_read_only = on"
        )
        let failed = try await Store.connect(connectionString)
        #expect(try await failed.isReadOnly())
        let error = await #expect(throws: StorageError.self) {
            try await failed.takeOwnership(name: "a", tickLength: .seconds(1))
        }
        #expect(error?.isTransient == true)
        // The next attempt has to ask whichever server then answers.
        #expect(await failed.session.isBroken)
    }

    @Test func `schemas that an administrator made are enough, and without them the grant is named`()
        async throws
    {
        let (session, connectionString) = try await session()
        let name = String(connectionString.databaseName)
        let role = "few_rights_\(name)"
        try await session.execute(
            unsafeSQL: "create role \(role); revoke create on database \(name) from public"
        )
        let store = try await Store.connect(connectionString)
        try await store.session.execute(unsafeSQL: "set role \(role)")
        let error = await #expect(throws: StorageError.self) { try await store.migrate() }
        if case .mayNotCreate("riskd", role, name) = error {
        } else {
            Issue.record(error ?? StorageError.notOwner)
        }
        #expect("\(try #require(error))".contains("grant create on database \(name) to \(role)"))
        try await session.execute(
            unsafeSQL: """
                create schema riskd authorization \(role); create schema riskd_audit authorization \(role)
                """
        )
        try await store.checkGrants()
        try await store.migrate()
        #expect(try await store.schemaVersion() == Store.newestSchema)
        try await store.session.execute(unsafeSQL: "reset role")
        await store.close()
    }
}
