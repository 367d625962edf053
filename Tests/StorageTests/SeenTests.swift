import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// A record is recognised by its id and its content.
@Suite(.timeLimit(.minutes(3)))
struct SeenTests {
    private func record(
        _ id: String,
        _ digest: UInt8,
        user: String = "u",
        model: String = "m",
        at time: Timestamp = start
    ) -> Record {
        Record(
            id: RecordID(id),
            time: time,
            model: ModelID(model),
            user: UserID(user),
            prediction: Prediction(label: "a", probability: 0.5),
            digest: Digest128(Array(repeating: digest, count: 16))
        )
    }

    private func observation(_ sequence: Int64, _ record: Record) -> Observation {
        let plain = makeObservation(sequence, time: record.time, isRich: false)
        return Observation(
            sequence: sequence,
            record: record,
            findings: plain.findings,
            tick: plain.tick,
            isLate: false,
            userRungs: [],
            modelRungs: []
        )
    }

    @Test
    func `only the same id with the same content was seen, and another content under it is told`()
        async throws
    {
        let connectionString = try await TestCluster.freshDatabase()
        let store = try await Store.connect(connectionString)
        try await store.migrate()
        try await store.takeOwnership(name: "test", tickLength: .seconds(60))
        let used = [record("1", 1), record("1", 2), record(awkward, 1), record("1", 1, model: "other")]
        try await store.commit(makeBatch(0, used.enumerated().map { observation(Int64($0) + 1, $1) }))
        let others = [
            record("1", 3), record("1", 1, user: "another"), record("2", 1), record("1", 3, model: "other"),
        ]
        let known = try await store.seen((used + others).map { SeenKey($0) })
        #expect(known.repeats == Set(used.map { SeenKey($0) }))
        #expect(known.reused == Set([others[0], others[3]].map { SeenKey($0) }))
        #expect(try await store.seen([]) == SeenRecords())
    }

    @Test
    func `a row from before digests stands for its id, for records no newer than all that was stored`()
        async throws
    {
        let connectionString = try await TestCluster.freshDatabase()
        let (store, session) = (
            try await Store.connect(connectionString), try await makeSession(connectionString)
        )
        let place = try #require(Migration.all.firstIndex { $0.name == "0021_record_content.sql" })
        try await store.migrate(Array(Migration.all[..<place]))
        try await session.run(
            "insert into seen values (\(Int64(UserID("u").virtualPartition)), 'm', 'old'), (0, 'm', 'x')"
        )
        try await session.run("update pipeline set watermark = \(start.postgres)")
        try await store.migrate()
        let (bound, late) = (start + .seconds(3600), start + .milliseconds(3_600_001))
        let asked = [
            record("old", 1, at: start - .seconds(9)), record("old", 2, at: bound),
            record("old", 3, at: late),
            record("new", 1, at: start),
        ]
        let known = try await store.seen(asked.map { SeenKey($0) })
        #expect(known.repeats == Set(asked[..<2].map { SeenKey($0) }))
        #expect(known.reused == [SeenKey(asked[2])])
        // What is stored from now on has a digest, and the same id.
        try await store.takeOwnership(name: "test", tickLength: .seconds(60))
        try await store.commit(makeBatch(0, [observation(1, asked[2])]))
        #expect(try await store.seen([SeenKey(asked[2])]).repeats == [SeenKey(asked[2])])
        #expect(try await store.seen([SeenKey(record("old", 4, at: late))]).reused.count == 1)
    }

    @Test
    func `a database that never held a record knows no row without a digest`() async throws {
        let connectionString = try await TestCluster.freshDatabase()
        let (store, session) = (
            try await Store.connect(connectionString), try await makeSession(connectionString)
        )
        try await store.migrate()
        let rows = try await session.query("select undigested_until is null from pipeline")
        #expect(try rows.first?.only(Bool.self) == true)
    }
}
