import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct CommitTests {
    @Test
    func `a batch comes back as it was written`() async throws {
        let (store, _) = try await makeStore()
        let image = Image(
            shape: ImageShape(height: 2, width: 3, channels: 1),
            pixels: [0, 1, 127, 128, 254, 255]
        )
        let early = Timestamp(milliseconds: -1)
        let observations = [
            makeObservation(1, image: image), makeObservation(2, user: awkward, isRich: false),
            makeObservation(3, time: early), makeObservation(4, time: start + .seconds(86_400)),
        ]
        let user = Entity.user(UserID(awkward), model: ModelID("fashion"))
        let tick = observations[0].tick
        var batch = makeBatch(0, observations)
        batch.lastClosedTick = tick
        batch.nextSampleID = 3
        batch.clockAdvance = start
        batch.histograms = [
            TickHistogram(
                entity: user,
                tick: tick,
                queries: 5,
                counts: [
                    DetectorCounts(detector: DetectorID("a"), byRung: [3, 2, 0]),
                    DetectorCounts(detector: DetectorID("b"), byRung: [5]),
                ]
            ),
            TickHistogram(entity: .global, tick: tick, queries: 0, counts: []),
        ]
        batch.samples = [
            Sample(
                id: 1,
                entity: user,
                tick: tick,
                queries: 5,
                score: 51_234,
                level: .medium,
                lane: .shift,
                lanes: [1, -2, .max, .min],
                evidence: 9,
                isDerived: false,
                contributions: [
                    Contribution(name: "a", milliPoints: 52_000), Contribution(name: "b", milliPoints: -766),
                ]
            ),
            Sample(
                id: 2,
                entity: .global,
                tick: tick,
                queries: 0,
                score: 0,
                level: nil,
                lane: nil,
                lanes: [],
                evidence: 0,
                isDerived: true,
                contributions: []
            ),
        ]
        batch.levelChanges = [LevelChange(sample: 1, entity: user, tick: tick, from: .info, to: .medium)]
        batch.deadLetters = [
            DeadLetter(
                source: "s",
                path: "/logs/a",
                offset: 7,
                length: 9,
                reason: "invalid_json",
                detail: "at \0 byte",
                text: [0, 255, 10]
            )
        ]
        let file = SourceFile(
            id: "s",
            path: awkward,
            device: .max,
            inode: 1 << 63,
            prefixLength: 10,
            prefixDigest: "ab",
            position: SourcePosition(
                offset: 99,
                guardLength: 9,
                guardDigest: "cd",
                lines: 4,
                isFinished: false
            )
        )
        batch.sources = [CommitBatch.SourceUpdate(file: file, expectedOffset: nil)]
        let track = StoredTrack(
            entity: user,
            lanes: [5, 0, -1, 7],
            ledgers: [[.init(name: "a", value: 5)], [], [.init(name: "limits", value: -1)], []],
            level: 2,
            below: 1,
            tick: 3,
            seen: nil
        )
        let rollup = StoredTrack(
            entity: .global,
            isRollup: true,
            lanes: [],
            ledgers: [],
            level: 4,
            below: 0,
            tick: nil,
            seen: nil
        )
        batch.tracks = [rollup, track]
        try await store.commit(batch)

        let state = try await store.loadState()
        #expect(state.batch == 1)
        #expect(state.sequence == 4)
        #expect(state.watermark == start)
        #expect(state.lastClosedTick == tick)
        #expect(state.nextSampleID == 3)
        #expect(state.tickMilliseconds == 60_000)
        #expect(state.sources == [file])
        #expect(state.tracks == [track, rollup])
        #expect(try await store.histograms() == batch.histograms)
        #expect(try await store.histograms(after: tick) == [])
        let samples = try await store.samples(limit: 10)
        #expect(samples.map(\.sample) == batch.samples)
        #expect(samples.map(\.calibrationID) == ["sha256:f", nil])
        #expect(samples.map(\.configurationID) == ["sha256:c", "sha256:c"])
        #expect(samples[0].time == Timestamp(milliseconds: (tick.index + 1) * 60_000))
        #expect(try await store.samples(of: user, after: 1, limit: 10) == [])
        #expect(try await store.samples(of: user, since: start, until: start, limit: 10) == [])
        #expect(try await store.latestSamples(of: .global, limit: 1) == [samples[1]])
        #expect(try await store.currentSamples() == samples)
        #expect(try await store.sample(1) == samples[0])
        #expect(try await store.sample(9) == nil)
        #expect(try await store.levelChanges(limit: 9).map(\.change) == batch.levelChanges)
        #expect(try await store.deadLetters(limit: 9).map(\.letter.detail) == ["at \u{FFFD} byte"])
        #expect(try await store.deadLetters(limit: 9).map(\.letter.text) == [[0, 255, 10]])
        #expect(try await store.entities(ofUser: awkward) == [user])
        let expected = observations.map(withoutImage)
        #expect(try await store.observations(of: .global, tick: tick) == Array(expected[..<2]))
        #expect(try await store.observations(of: user, tick: tick) == [expected[1]])
        #expect(try await store.observations(of: .model(ModelID("fashion")), tick: Tick(-1)) == [expected[2]])
        let open = try await store.openObservations(after: tick)
        #expect(open.map(\.sequence) == [4])
        #expect(open.map(\.userRungs) == [observations[3].userRungs])
        #expect(try await store.openObservations(after: nil).map(\.sequence) == [1, 2, 3, 4])
        let counts: [FactTable: Int] = [
            .observation: 4, .tickHistogram: 2, .sample: 2, .levelChange: 1, .deadLetter: 1, .historyImage: 1,
        ]
        #expect(try await store.counts() == counts)
        let keys = [("user-1", "record-1"), ("user-1", "record-9"), (awkward, "record-2")].map {
            SeenKey(
                virtualPartition: UserID($0).virtualPartition,
                model: ModelID("fashion"),
                record: RecordID($1)
            )
        }
        #expect(try await store.seen(keys) == [keys[0], keys[2]])
    }
}
