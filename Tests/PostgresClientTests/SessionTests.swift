import PostgresClient
import RiskdTesting
import Testing

@Suite(.timeLimit(.minutes(3)))
struct SessionTests {
    private func makeSession() async throws -> PostgresSession {
        try await PostgresSession.connect(try await TestCluster.freshDatabase())
    }

    @Test
    func `a statement has its values apart`() async throws {
        let session = try await makeSession()
        let text = "'; drop table x; --"
        let rows = try await session.query("select \(text), \(nil as Int64?), \([1.5, -0.0]), \(true)")
        let row = try #require(rows.first)
        var fields = row.fields
        #expect(try fields.next(String.self) == text)
        #expect(try fields.next(Int64?.self) == nil)
        #expect(try fields.next([Double].self) == [1.5, -0.0])
        #expect(try fields.next(Bool.self))
        #expect(throws: PostgresError.self) { try fields.next(Bool.self) }
    }

    @Test
    func `a transaction that throws leaves nothing and the session goes on`() async throws {
        struct Refusal: Error {}
        let session = try await makeSession()
        try await session.execute(unsafeSQL: "create table t (a int8)")
        await #expect(throws: Refusal.self) {
            try await session.transaction { session in
                try session.run("insert into t values (1)")
                throw Refusal()
            }
        }
        await #expect(throws: PostgresError.self) {
            try await session.transaction { session in
                try session.run("insert into t values (2)")
                try session.run("select nothing")
            }
        }
        // A body that hides its failure must not look committed.
        await #expect(throws: PostgresError.self) {
            try await session.transaction { session in
                try session.run("insert into t values (3)")
                _ = try? session.run("select nothing")
            }
        }
        try await session.transaction { session in try session.run("insert into t values (4)") }
        #expect(try await session.query("select a from t").map { try $0.only(Int.self) } == [4])
    }

    @Test
    func `eight sessions that wait at once keep nobody waiting`() async throws {
        let connectionString = try await TestCluster.freshDatabase()
        // Each waits until all are there: one that waited for another's turn would wait for ever.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let session = try await PostgresSession.connect(
                        connectionString,
                        applicationName: "eight"
                    )
                    try await session.execute(
                        unsafeSQL: """
                            do $$ begin
                                while (select count(*) from pg_stat_activity
                                    where datname = current_database() and application_name = 'eight' and state = 'active') < 8
                                loop
                                    perform pg_sleep(0.01);
                                    perform pg_stat_clear_snapshot();
                                end loop;
                                perform pg_sleep(0.5);
                            end $$
                            """
                    )
                }
            }
            try await group.waitForAll()
        }
    }

    @Test
    func `a session that the server ends reports a transient error and connects again`() async throws {
        let session = try await makeSession()
        #expect(await session.serverProcess > 0)
        let error = await #expect(throws: PostgresError.self) {
            try await session.run("select pg_terminate_backend(pg_backend_pid())")
        }
        #expect(error?.isTransient == true)
        #expect(error?.isCommitOutcomeUnknown == false)
        let again = await #expect(throws: PostgresError.self) { try await session.run("select 1") }
        #expect(again?.isTransient == true)
        #expect(await session.isBroken)
        try await session.reconnect()
        #expect(try await session.query("select 1::int8").first?.only(Int.self) == 1)
        await session.close()
        let closed = await #expect(throws: PostgresError.self) { try await session.run("select 1") }
        #expect(closed?.kind == .connection)
    }

    @Test
    func `a connection that breaks during COMMIT says that the outcome is unknown`() async throws {
        let session = try await makeSession()
        try await session.execute(
            unsafeSQL: """
                create table t (a int8);
                create function die() returns trigger language plpgsql as
                    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
                create constraint trigger die after insert on t deferrable initially deferred
                    for each row execute function die();
                """
        )
        let error = await #expect(throws: PostgresError.self) {
            try await session.transaction { session in try session.run("insert into t values (1)") }
        }
        #expect(error?.isCommitOutcomeUnknown == true)
    }
}
