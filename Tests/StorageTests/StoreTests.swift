import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct StoreTests {
    @Test
    func `the same facts in batches of another size give the same dump`() async throws {
        let observations = (1...30).map { number in
            makeObservation(
                Int64(number),
                user: "user-\(number % 3)",
                time: start + .seconds(number * 7919),
                image: Image(shape: ImageShape(height: 1, width: 2, channels: 1), pixels: [UInt8(number), 0])
            )
        }
        var dumps: [[String]] = []
        for size in [1, 7, 30] {
            let (store, _) = try await makeStore()
            var batch: Int64 = 0
            for first in stride(from: 0, to: observations.count, by: size) {
                let part = Array(observations[first..<min(first + size, observations.count)])
                try await store.commit(makeBatch(batch, part))
                batch += 1
            }
            var texts: [String] = []
            for table in FactTable.allCases { texts.append(try await store.dump(table)) }
            dumps.append(texts)
            await store.close()
        }
        #expect(dumps[0] == dumps[1])
        #expect(dumps[0] == dumps[2])
        #expect(dumps[0][0].split(separator: "\n").count == 31)
        #expect(dumps[0][0].hasPrefix("vpart\ttime\tsequence\tmodel\t"))
    }

    @Test
    func `tracks are replaced and evicted by entity and kind of state`() async throws {
        let (store, _) = try await makeStore()
        func track(_ entity: Entity, rollup: Bool, level: Int) -> StoredTrack {
            StoredTrack(
                entity: entity,
                isRollup: rollup,
                lanes: rollup ? [] : [Int64(level), 0, 0, 0],
                ledgers: rollup ? [] : [[.init(name: "d", value: Int64(level))], [], [], []],
                level: level,
                below: 0,
                tick: 1,
                seen: 1
            )
        }
        let model = Entity.model(ModelID("m"))
        let user = Entity.user(UserID(awkward), model: ModelID("m"))
        var batch = makeBatch(0)
        batch.tracks = [
            track(model, rollup: true, level: 1), track(model, rollup: false, level: 2),
            track(user, rollup: false, level: 3),
        ]
        try await store.commit(batch)
        #expect(try await store.tracks() == [batch.tracks[2], batch.tracks[1], batch.tracks[0]])
        var second = makeBatch(1)
        second.tracks = [track(model, rollup: true, level: 4)]
        second.evicted = [.init(entity: user), .init(entity: .global, isRollup: true)]
        try await store.commit(second)
        #expect(try await store.tracks() == [batch.tracks[1], second.tracks[0]])
        var third = makeBatch(2)
        third.evicted = [.init(entity: model, isRollup: true)]
        try await store.commit(third)
        #expect(try await store.tracks() == [batch.tracks[1]])
    }

    @Test
    func `artefacts, active calibrations and epochs are kept`() async throws {
        let (store, _) = try await makeStore()
        try await store.saveArtefact(id: "sha256:a", kind: "calibration", body: [0, 1, 255])
        try await store.saveArtefact(id: "sha256:a", kind: "other", body: [])
        let artefact = try #require(try await store.artefact("sha256:a"))
        #expect(artefact.kind == "calibration")
        #expect(artefact.body == [0, 1, 255])
        #expect(try await store.artefact("sha256:b") == nil)
        let model = ModelID("m")
        func activation(_ id: String, stratum: String? = nil) -> CalibrationActivation {
            CalibrationActivation(
                model: model,
                stratum: stratum,
                calibration: id,
                actor: awkward,
                isForced: stratum == nil,
                reason: awkward
            )
        }
        await #expect(throws: StorageError.self) { try await store.activate(activation("sha256:b")) }
        try await store.saveArtefact(id: "sha256:b", kind: "calibration", body: [])
        for next in [activation("sha256:a"), activation("sha256:b"), activation("sha256:a", stratum: "s")] {
            try await store.activate(next)
        }
        let active = try await store.activeCalibrations()
        #expect(active.pooled == [model: "sha256:b"] && active.strata == [model: ["s": "sha256:a"]])
        let activations = try await store.activations(of: "sha256:a").map(\.activation)
        #expect(activations == [activation("sha256:a", stratum: "s"), activation("sha256:a")])
        let models = [ModelID("m"): "sha256:a", ModelID(awkward): "sha256:b"]
        let epochs = [
            Epoch(firstTick: Tick(-5), configurationID: "c", calibrationIDs: [:]),
            Epoch(firstTick: Tick(7), configurationID: "d", calibrationIDs: models),
            Epoch(
                firstTick: Tick(9),
                configurationID: "d",
                calibrationIDs: models,
                strata: [model: ["s": "sha256:c", awkward: "sha256:d"]]
            ),
        ]
        for epoch in epochs[1...] { try await store.addEpoch(epoch) }
        try await store.addEpoch(Epoch(firstTick: Tick(-5), configurationID: "x", calibrationIDs: models))
        try await store.addEpoch(epochs[0])
        #expect(try await store.epochs() == epochs)
    }

    @Test
    func `moves of the wall clock are kept in order`() async throws {
        let (store, _) = try await makeStore()
        var batch = makeBatch(0, [makeObservation(1)])
        batch.clockAdvance = start
        try await store.commit(batch)
        try await store.commit(makeBatch(1, [makeObservation(2)]))
        var third = makeBatch(2)
        third.sequence = 2
        third.clockAdvance = start + .seconds(1)
        try await store.commit(third)
        let moves = try await store.clockAdvances()
        #expect(moves.map(\.afterSequence) == [1, 2])
        #expect(moves.map(\.watermark) == [start, start + .seconds(1)])
    }

    @Test
    func `a store that does not own the database writes nothing`() async throws {
        let (owner, connectionString) = try await makeStore()
        let reader = try await Store.connect(connectionString)
        let error = await #expect(throws: StorageError.self) { try await reader.commit(makeBatch(0)) }
        guard case .notOwner = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await reader.loadState().batch == 0)
        try await owner.commit(makeBatch(0))
        #expect(try await reader.loadState().batch == 1)
    }
}
