import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct OutcomeTests {
    @Test
    func `a commit whose answer was lost is found out`() async throws {
        let (store, connectionString) = try await makeStore()
        let other = try await makeSession(connectionString)
        // The server ends the session in the middle of COMMIT.
        try await other.execute(
            unsafeSQL: """
                create function die() returns trigger language plpgsql as
                    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
                create constraint trigger die after update on pipeline deferrable initially deferred
                    for each row when (new.batch > old.batch) execute function die();
                """
        )
        let batch = makeBatch(0, [makeObservation(1)])
        let error = await #expect(throws: StorageError.self) { try await store.commit(batch) }
        guard case .outcomeUnknown = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await store.isBroken)
        #expect(try await store.outcome(of: 0) == .notCommitted)
        try await other.execute(unsafeSQL: "drop trigger die on pipeline")
        try await store.commit(batch)
        let process = await store.session.serverProcess
        try await other.run("select pg_terminate_backend(\(Int64(process))::int)")
        #expect(try await store.outcome(of: 0) == .committed)
        #expect(try await store.outcome(of: 1) == .notCommitted)
        #expect(try await store.outcome(of: -5) == .fenced)
        let rewound = await #expect(throws: StorageError.self) { try await store.outcome(of: 5) }
        guard case .rewound(batches: 4) = rewound else {
            Issue.record("\(String(describing: rewound))")
            return
        }
        #expect(try await store.counts()[.observation] == 1)
        try await store.commit(makeBatch(1, [makeObservation(2)]))
    }

    @Test
    func `a broken connection before COMMIT is transient, and the batch can be sent again`() async throws {
        let (store, connectionString) = try await makeStore()
        let other = try await makeSession(connectionString)
        let process = await store.session.serverProcess
        try await other.run("select pg_terminate_backend(\(Int64(process))::int)")
        let error = await #expect(throws: StorageError.self) { try await store.commit(makeBatch(0)) }
        #expect(error?.isTransient == true)
        try await store.reconnect()
        try await store.commit(makeBatch(0))
        #expect(try await store.loadState().batch == 1)
    }
}
