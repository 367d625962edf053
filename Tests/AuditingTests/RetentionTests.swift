import Configuration
import Domain
import Auditing
import RiskdTesting
import Storage
import Testing

/// What may be deleted when, by what is stored.
@Suite(.timeLimit(.minutes(3))) struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private static let now = Timestamp(milliseconds: 20_000 * day)

    /// A database with an observation and a dead letter of long ago.
    private func store(lastClosedTick: Tick?) async throws -> Store {
        let store = try await Store.connect(try await TestCluster.freshDatabase())
        try await store.migrate()
        try await store.takeOwnership(name: "test", tickLength: .seconds(1))
        var batch = CommitBatch(
            expectedBatch: 0,
            sequence: 1,
            watermark: nil,
            lastClosedTick: lastClosedTick,
            nextSampleID: 1,
            configurationID: "sha256:c",
            received: Timestamp(milliseconds: 10_000 * Self.day)
        )
        batch.observations = [
            Observation(
                sequence: 1,
                record: Record(
                    id: RecordID("r-1"),
                    time: Timestamp(milliseconds: 1),
                    model: ModelID("m"),
                    user: UserID("u"),
                    prediction: Prediction(label: "a", probability: 0.5)
                ),
                findings: Findings(user: nil, model: nil, opinions: []),
                tick: Tick(0),
                isLate: false,
                userRungs: [],
                modelRungs: []
            )
        ]
        batch.deadLetters = [
            DeadLetter(
                source: "s",
                path: "/p",
                offset: 0,
                length: 1,
                reason: "invalid_json",
                detail: "",
                text: []
            )
        ]
        try await store.commit(batch)
        return store
    }

    /// So it is while files of a few lines each are read: no source's progress is known, and no tick was closed.
    @Test func `while no tick was closed no record is older than anything, and dead letters go by the clock`()
        async throws
    {
        let retention = Retention(try await store(lastClosedTick: nil), Configuration.Retention())
        let rules = try await retention.rules(at: Self.now)
        let before = Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0.before) })
        #expect(before.count == 5)
        #expect(before["retention.observations"] == .some(nil))
        #expect(before["retention.scores"] == .some(nil))
        #expect(
            before["retention.dead_letters"] == Timestamp(milliseconds: (20_000 - 400) * Self.day)
        )
        #expect(rules.first { $0.name == "retention.observations" }?.oldest == Timestamp(milliseconds: 0))
        #expect(try await retention.run(at: Self.now).map(\.dataset) == ["dead_letter"])
    }

    @Test func `once a tick was closed, what is older than that and than the rule goes`() async throws {
        let tick = Tick(15_000 * Self.day / 1000)
        let retention = Retention(try await store(lastClosedTick: tick), Configuration.Retention())
        let rules = try await retention.rules(at: Self.now)
        // The last tick's day, which is before what the rule says.
        #expect(
            rules.first { $0.name == "retention.observations" }?.before
                == Timestamp(milliseconds: 15_000 * Self.day)
        )
    }

    @Test func `a clock that is far beyond the newest record is doubted, and so nothing goes unasked`()
        async throws
    {
        let retention = Retention(try await store(lastClosedTick: nil), Configuration.Retention())
        let end = Timestamp(milliseconds: Self.day)
        #expect(try await retention.doubt(at: end + Retention.patience) == nil)
        #expect(try await retention.doubt(at: end + Retention.patience + .milliseconds(1)) == end)
    }
}
