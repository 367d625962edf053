import Domain
import PostgresClient
import RiskdTesting
import Runtime
import Storage
import Testing

@testable import Pipeline

/// Batches become durable in their order, each once, or the pipeline ends.
@Suite(.timeLimit(.minutes(3)))
struct CommitterTests {
    private final class Site: Sendable {
        let store: Store
        let database: String
        let metrics = Metrics()
        let service: ServiceBoard
        let stop = StopFlag()
        let done = Locked<[Int64]>([])

        init() async throws {
            database = try await TestCluster.freshDatabase()
            store = try await Store.connect(database)
            try await store.migrate()
            try await store.takeOwnership(name: "test", tickLength: .seconds(1))
            _ = PipelineMetrics(metrics)
            service = ServiceBoard(metrics)
        }

        func committer() -> Committer {
            Committer(store: store, log: Log(sink: { _ in }), metrics: metrics, service: service, stop: stop)
            { batch in
                self.done.withLock { $0.append(batch.commit.expectedBatch) }
            }
        }

        func session() async throws -> PostgresSession {
            try await PostgresSession.connect(database, preamble: "set search_path = riskd")
        }

        func sequence() async throws -> Int64 { try await store.loadState().sequence }
    }

    private func batch(_ number: Int64) -> ScoredBatch {
        ScoredBatch(
            CommitBatch(
                expectedBatch: number,
                sequence: number + 1,
                watermark: nil,
                lastClosedTick: nil,
                nextSampleID: 1,
                configurationID: "",
                received: Timestamp(milliseconds: 0)
            ),
            bytesRead: 0
        )
    }

    /// Gives `batches` to a committer that runs, and waits for its end.
    private func run(_ batches: [Int64], on site: Site) async throws -> Committer {
        let committer = site.committer()
        let channel = Channel<ScoredBatch>(capacity: 2)
        async let running: Void = committer.run(channel)
        for number in batches { try? await channel.send(batch(number)) }
        channel.finish()
        try await running
        return committer
    }

    @Test func `batches are written in their order, and told of when they are durable`() async throws {
        let site = try await Site()
        let committer = try await run([0, 1, 2, 3], on: site)
        #expect(site.done.withLock { $0 } == [0, 1, 2, 3])
        #expect(try await site.sequence() == 4 && committer.count == 4)
        #expect(site.service.state.databaseAnswers == true && site.service.state.commitsFail == false)
    }

    @Test func `a batch that another writer came before ends the pipeline, and nothing after it is written`()
        async throws
    {
        let site = try await Site()
        await #expect(throws: StorageError.self) { _ = try await run([0, 5, 6], on: site) }
        #expect(site.done.withLock { $0 } == [0])
        #expect(try await site.sequence() == 1)
    }

    @Test func `a lost connection loses no batch and writes none twice`() async throws {
        let site = try await Site()
        let committer = site.committer()
        let channel = Channel<ScoredBatch>(capacity: 2)
        async let running: Void = committer.run(channel)
        let other = try await site.session()
        for number in Int64(0)..<20 {
            if number % 5 == 3 {
                try await other.run(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()
                    """
                )
            }
            try await channel.send(batch(number))
        }
        channel.finish()
        try await running
        #expect(site.done.withLock { $0 } == Array(0..<20))
        #expect(try await site.sequence() == 20)
        #expect(site.service.state.commitsFail == false)
    }

    @Test
    func
        `a stop that has waited long enough leaves a batch that the database does not take to the next start`()
        async throws
    {
        let site = try await Site()
        let other = try await site.session()
        let name = try #require(
            try await other.query("select current_database()::text").first?.only(String.self)
        )
        // As after a fail-over to a server that only reads.
        try await other.execute(
            unsafeSQL: """
                alter database \(name) set default_transaction_read_only = on;
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                """
        )
        site.stop.raise()
        let committer = try await run([0, 1], on: site)
        #expect(site.done.withLock { $0 }.isEmpty && committer.count == 0)
        #expect(site.service.state.commitsFail == true)
        let sequence = try await other.query("select sequence from pipeline").first?.only(Int64.self)
        #expect(sequence == 0)
    }
}
