import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct PartitionTests {
    @Test(
        arguments: [
            (20_514, "observation_20260302"), (0, "observation_19700101"), (-1, "observation_19691231"),
        ] as [(Int64, String)]
    )
    func `a partition is named after its day`(day: Int64, name: String) {
        #expect(Partition(table: "observation", day: day).name == name)
    }

    @Test
    func `days get their partitions once, and a batch rolled back takes them along`() async throws {
        let (store, connectionString) = try await makeStore()
        let session = try await makeSession(connectionString)
        let days: [Int64] = [-1, 0, 20_514, 20_514, 20_515, 99_999]
        let observations = days.enumerated().map { index, day in
            makeObservation(Int64(index + 1), time: Timestamp(milliseconds: day * 86_400_000))
        }
        let names = """
            select c.relname::text from pg_inherits join pg_class c on c.oid = inhrelid
            where inhparent = 'observation'::regclass order by 1
            """
        await #expect(throws: StorageError.self) { try await store.commit(makeBatch(7, observations)) }
        #expect(try await session.query(PostgresQuery(unsafeSQL: names)).isEmpty)
        try await store.commit(makeBatch(0, observations))
        try await store.commit(makeBatch(1, [makeObservation(7, time: observations[2].record.time)]))
        let stored = try await session.query(PostgresQuery(unsafeSQL: names)).map { try $0.only(String.self) }
        let expected = Set(days).map { Partition(table: "observation", day: $0).name }.sorted()
        #expect(stored == expected)
        #expect(try await store.counts()[.observation] == 7)
        // Another writer does not know what exists.
        await store.close()
        let next = try await Store.connect(connectionString)
        try await next.takeOwnership(name: "next", tickLength: .seconds(60), waitingFor: .seconds(10))
        try await next.commit(makeBatch(2, [makeObservation(8, time: observations[2].record.time)]))
        let storage = try await session.query(
            """
            select attstorage::text from pg_attribute where attname = 'pixels' and attrelid = 'history_image'::regclass
            """
        )
        #expect(try storage.first?.only(String.self) == "e")
    }
}
