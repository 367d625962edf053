import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct FenceTests {
    static let empty: [FactTable: Int] = Dictionary(
        uniqueKeysWithValues: FactTable.allCases.map { ($0, 0) }
    )

    private func file(_ offset: Int64) -> SourceFile {
        SourceFile(
            id: "s",
            path: "/a",
            device: 1,
            inode: 2,
            prefixLength: 0,
            prefixDigest: "",
            position: SourcePosition(
                offset: offset,
                guardLength: 0,
                guardDigest: "",
                lines: 0,
                isFinished: false
            )
        )
    }

    /// The second batch, which reads the source up to 20.
    private func reading(from expected: Int64?) -> CommitBatch {
        var batch = makeBatch(1, [makeObservation(1)])
        batch.sources = [.init(file: file(20), expectedOffset: expected)]
        return batch
    }

    @Test
    func `a writer that is not where the database is writes nothing`() async throws {
        let (store, _) = try await makeStore()
        for (expected, isRewound) in [(1, true), (-1, false)] as [(Int64, Bool)] {
            let batch = makeBatch(expected, [makeObservation(1)])
            let error = await #expect(throws: StorageError.self) { try await store.commit(batch) }
            switch error {
            case .fenced where !isRewound, .rewound(batches: 1) where isRewound: break
            default: Issue.record("\(String(describing: error))")
            }
        }
        #expect(try await store.counts() == Self.empty)
        #expect(try await store.loadState().batch == 0)
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        #expect(try await store.loadState().batch == 1)
    }

    @Test
    func `a source that was read by another leaves nothing of the batch`() async throws {
        let (store, _) = try await makeStore()
        var batch = makeBatch(0)
        batch.sources = [.init(file: file(10), expectedOffset: nil)]
        try await store.commit(batch)
        for expected in [nil, 9] as [Int64?] {
            let bad = reading(from: expected)
            await #expect(throws: StorageError.self) { try await store.commit(bad) }
        }
        #expect(try await store.counts() == Self.empty)
        let state = try await store.loadState()
        #expect(state.batch == 1)
        #expect(state.sources.map(\.position.offset) == [10])
        try await store.commit(reading(from: 10))
        #expect(try await store.sources().map(\.position.offset) == [20])
    }

    @Test
    func `a record that was used before is refused with its batch`() async throws {
        let (store, _) = try await makeStore()
        try await store.commit(makeBatch(0, [makeObservation(1)]))
        let again = makeBatch(1, [makeObservation(2), makeObservation(1, time: start + .seconds(172_800))])
        let error = await #expect(throws: StorageError.self) { try await store.commit(again) }
        guard case .database(let cause) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.sqlState == "23505")
        #expect(!String(reflecting: cause).contains("record-1"))
        #expect(try await store.counts()[.observation] == 1)
    }

    @Test
    func `a writer that lost its place is fenced, even with the right number`() async throws {
        let (first, connectionString) = try await makeStore(owner: "first")
        let second = try await Store.connect(connectionString)
        let owned = await #expect(throws: StorageError.self) {
            try await second.takeOwnership(name: "second", tickLength: .seconds(60))
        }
        guard case .owned = owned else {
            Issue.record("\(String(describing: owned))")
            return
        }
        // The first one's session ends without its knowing: its lock is free.
        let process = await first.session.serverProcess
        let other = try await makeSession(connectionString)
        try await other.run("select pg_terminate_backend(\(Int64(process))::int)")
        try await second.takeOwnership(name: "second", tickLength: .seconds(60), waitingFor: .seconds(10))
        try await second.commit(makeBatch(0))
        let broken = await #expect(throws: StorageError.self) { try await first.commit(makeBatch(1)) }
        #expect(broken?.isTransient == true)
        let fenced = await #expect(throws: StorageError.self) { try await first.reconnect() }
        guard case .fenced = fenced else {
            Issue.record("\(String(describing: fenced))")
            return
        }
        await second.close()
        #expect(try await first.outcome(of: 0) == .fenced)
        await #expect(throws: StorageError.self) { try await first.commit(makeBatch(1)) }
        #expect(try await first.loadState().batch == 1)
    }

    @Test
    func `another tick length is refused and says both`() async throws {
        let (store, connectionString) = try await makeStore()
        await store.close()
        let other = try await Store.connect(connectionString)
        let error = await #expect(throws: StorageError.self) {
            try await other.takeOwnership(name: "x", tickLength: .seconds(30))
        }
        guard case .tickLength(stored: 60_000, configured: 30_000) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await #expect(throws: StorageError.self) { try await other.commit(makeBatch(0)) }
    }
}
