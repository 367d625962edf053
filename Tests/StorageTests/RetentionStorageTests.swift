import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct RetentionStorageTests {
    private func batch(_ expected: Int64, _ sequence: Int64, at time: Timestamp) -> CommitBatch {
        var batch = makeBatch(expected, [makeObservation(sequence, time: time)])
        batch.received = start + .seconds(90 * 86_400)
        return batch
    }

    private func delete(_ store: Store, before: Timestamp, base: ScoreBase? = nil) async throws -> [Deletion]
    {
        try await store.deleteDays(
            of: [.observation],
            before: before,
            base: base,
            rule: "retention.observations",
            at: start + .seconds(90 * 86_400)
        )
    }

    @Test func `a writer finds a place for a day that somebody else has deleted`() async throws {
        let (store, connection) = try await makeStore()
        let other = try await Store.connect(connection)
        try await store.commit(batch(0, 1, at: start))
        try await store.commit(batch(1, 2, at: start + .seconds(3 * 86_400)))
        let day = try #require(try await other.oldestDay(of: .observation))
        #expect(day <= start && start < day + .seconds(86_400))
        let deleted = try await delete(other, before: day + .seconds(86_400))
        #expect(deleted == [Deletion(table: .observation, before: day + .seconds(86_400), rows: 1)])
        #expect(try await other.oldestDay(of: .observation) == day + .seconds(3 * 86_400))
        #expect(try await delete(other, before: day + .seconds(86_400)).isEmpty)
        // A late record of that day.
        try await store.commit(batch(2, 3, at: start))
        #expect(try await other.oldestDay(of: .observation) == day)
        await other.close()
        await store.close()
    }

    @Test func `a hold keeps everything, and a base is what it was`() async throws {
        let (store, _) = try await makeStore()
        try await store.commit(batch(0, 1, at: start))
        let end = start + .seconds(30 * 86_400)
        let first = try await store.addLegalHold("case 7", by: "olga", at: start)
        let second = try await store.addLegalHold("case 8", by: "olga", at: start)
        #expect(try await store.legalHolds().map(\.reason) == ["case 7", "case 8"])
        #expect(try await delete(store, before: end).isEmpty)
        #expect(try await store.releaseLegalHold(first, by: "olga", at: start))
        #expect(try await !store.releaseLegalHold(first, by: "olga", at: start))
        #expect(try await delete(store, before: end).isEmpty)
        #expect(try await store.releaseLegalHold(second, by: "olga", at: start))
        #expect(try await store.scoreBase() == nil)
        let track = StoredTrack(
            entity: .user(UserID(awkward), model: ModelID("fashion")),
            lanes: [1, 2, 3, 4],
            ledgers: [[.init(name: "a", value: 7)], [], [], []],
            level: 3,
            below: 2,
            tick: 41,
            seen: 40,
            pinned: 3
        )
        for tick in [41 as Int64, 42] {
            let base = ScoreBase(tick: Tick(tick), nextSampleID: 9, tracks: [track])
            _ = try await delete(store, before: end, base: base)
            #expect(try await store.scoreBase() == base)
        }
        await store.close()
    }
}
