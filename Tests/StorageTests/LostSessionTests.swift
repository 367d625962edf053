import Glibc
import RiskdTesting
import Testing

@testable import PostgresClient
@testable import Storage

/// A writer's connection breaks, and the server has not noticed.
@Suite(.timeLimit(.minutes(3)))
struct LostSessionTests {
    @Test("a lost session that still works is ended, and its lock taken again")
    func unnoticed() async throws {
        let (store, database) = try await makeStore()
        let other = try await makeSession(database)
        let session = await store.session
        let process = await session.serverProcess
        let socket = try #require(await session.socket)
        let working = Task { try await session.execute(unsafeSQL: "select pg_sleep(600)") }
        func isThere() async throws -> Bool {
            try await other.query(
                "select exists (select from pg_stat_activity where pid = \(Int64(process)) and wait_event = 'PgSleep')"
            ).first?.only(Bool.self) ?? false
        }
        while try await !isThere() { try await Task.sleep(for: .milliseconds(5)) }
        shutdown(socket, Int32(SHUT_RDWR))
        await #expect(throws: PostgresError.self) { try await working.value }
        // Nobody reads or writes to it: it would hold the lock for ten minutes.
        #expect(try await isThere())
        try await store.reconnect()
        #expect(try await !isThere())
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        #expect(try await store.loadState().sequence == 1)
    }

    @Test("a lock that a lost session does not give up is waited for")
    func lingering() async throws {
        let (store, database) = try await makeStore()
        let other = try await makeSession(database)
        try await other.run(
            "select pg_terminate_backend(\(Int64(await store.session.serverProcess))::int, 10000)"
        )
        try await other.run("select pg_advisory_lock(\(0x72_69_73_6B_64))")
        for _ in 0..<2 {
            let error = await #expect(throws: StorageError.self) { try await store.reconnect() }
            #expect(error?.isTransient == true, "\(String(describing: error))")
        }
        await other.close()
        while (try? await store.reconnect()) == nil {}
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        #expect(try await store.loadState().sequence == 1)
    }
}
