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
            .campaign: 0, .alert: 0, .alertEvent: 0, .alertNotice: 0, .ownBaseline: 0, .calibrationHealth: 0,
        ]
        #expect(try await store.counts() == counts)
    }

    @Test
    func `campaigns come back with their links, for a restart and for a reader`() async throws {
        let (store, _) = try await makeStore()
        let fashion = ModelID("fashion")
        let steps = [0.5, 0.25].map { CampaignStep(campaign: 1, probability: $0, fall: 0.75 - $0) }
        let observations = [
            makeObservation(1, user: "a"), makeObservation(2, user: "b", link: .step(steps[0])),
            makeObservation(3, user: "c", link: .repetition(of: 2)),
            makeObservation(4, user: "a", link: .repetition(of: 1)),
            makeObservation(5, user: awkward, link: .step(steps[1])), makeObservation(6, model: "other"),
        ]
        func campaign(_ last: Int64, _ members: Int64) -> Campaign {
            Campaign(
                id: 1,
                label: awkward,
                classIndex: members == 1 ? 3 : nil,
                peak: 0.75,
                lastSequence: last,
                lastJoined: start + .seconds(last),
                members: members
            )
        }
        var batch = makeBatch(0, observations)
        batch.campaigns = [fashion: [campaign(2, 1)]]
        let entity = Entity.campaign(1, model: fashion)
        let tick = observations[0].tick
        batch.lastClosedTick = tick
        batch.histograms = [TickHistogram(entity: entity, tick: tick, queries: 2, counts: [])]
        batch.samples = zip([5000, 52_000, 30_000] as [Int64], [Level.info, .medium, .low]).enumerated().map {
            Sample(
                id: Int64($0 + 1),
                entity: entity,
                tick: tick,
                queries: 0,
                score: $1.0,
                level: $1.1,
                lane: nil,
                lanes: [],
                evidence: 0,
                isDerived: false,
                contributions: []
            )
        }
        batch.levelChanges = [LevelChange(sample: 2, entity: entity, tick: tick, from: .info, to: .medium)]
        batch.tracks = [
            StoredTrack(
                entity: entity,
                lanes: [1],
                ledgers: [[]],
                level: 2,
                below: 0,
                tick: tick.index,
                seen: nil
            )
        ]
        try await store.commit(batch)
        var next = makeBatch(1)
        next.sequence = 6
        // Only what may change is written again.
        next.campaigns = [fashion: [campaign(5, 2)]]
        try await store.commit(next)

        var expected = campaign(5, 2)
        expected = Campaign(
            id: 1,
            label: awkward,
            classIndex: 3,
            peak: expected.peak,
            lastSequence: 5,
            lastJoined: expected.lastJoined,
            members: 2
        )
        #expect(try await store.campaigns(of: fashion, joinedSince: expected.lastJoined) == [expected])
        let later = expected.lastJoined + .milliseconds(1)
        #expect(try await store.campaigns(of: fashion, joinedSince: later) == [])
        #expect(try await store.campaigns(of: ModelID("other"), joinedSince: start) == [])
        let links = try await store.links(of: fashion, in: 1...9)
        #expect(links.keys.sorted() == [1, 2, 3, 4, 5])
        #expect(links.values.allSatisfy { $0.campaign == 1 })
        #expect((1...5).map { links[$0]?.first } == [1, 2, 2, 1, 5])
        #expect(try await store.links(of: fashion, in: 2...2).keys.sorted() == [2])

        let found = try await store.campaigns()
        #expect(found.map(\.campaign) == [expected])
        #expect(found.map(\.accounts) == [3] && found.map(\.repeats) == [2])
        #expect(found.map(\.level) == [.medium] && found.map(\.score) == [52_000])
        #expect(found.map(\.first) == [start])
        #expect(try await store.campaigns(ids: [1], model: ModelID("other")) == [])
        func numbers(since: Timestamp? = nil, until: Timestamp? = nil) async throws -> [Int64] {
            try await store.campaignNumbers(of: fashion, PageBounds(since: since, until: until, limit: 9))
        }
        let last = expected.lastJoined
        #expect(try await numbers() == [1])
        #expect(try await numbers(since: last, until: start + .milliseconds(1)) == [1])
        #expect(try await numbers(since: last + .milliseconds(1)) == [])
        #expect(try await numbers(until: start) == [])
        #expect(
            try await store.observations(of: entity, tick: tick)
                == [1, 4].map { withoutImage(observations[$0]) }
        )
        #expect(try await store.samples(of: entity, limit: 9).map(\.sample) == batch.samples)
        #expect(try await store.levelChanges(of: entity, limit: 9).map(\.change) == batch.levelChanges)
        #expect(try await store.histograms() == batch.histograms)
        #expect(try await store.loadState().tracks == batch.tracks)
        let open = try await store.openObservations(after: nil)
        #expect(open.map(\.campaign) == [nil, 1, nil, nil, 1, nil])
        #expect(open[1].campaignRungs == observations[1].campaignRungs && open[0].campaignRungs == [])
        var gone = makeBatch(2)
        gone.sequence = 6
        gone.evicted = [StoredTrack.Key(entity: entity)]
        try await store.commit(gone)
        #expect(try await store.loadState().tracks == [])
    }
}
