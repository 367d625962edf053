import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct SummaryTests {
    private static let fashion = ModelID("fashion")
    private static let entities: [Entity] = [
        .global, .model(fashion), .user(UserID("user-1"), model: fashion),
        .user(UserID(awkward), model: fashion),
    ]

    /// Samples of four entities over five hours with an empty one, at whole minutes of event time.
    private static func samples() -> [Sample] {
        var generator = SystemRandomNumberGenerator()
        var samples: [Sample] = []
        // Of hours since 1970, so that hours begin with a tick.
        let first = start.milliseconds / 3_600_000 * 60 - 1
        for minute in 0..<300 where !(120..<180).contains(minute) {
            for entity in entities where Bool.random(using: &generator) {
                samples.append(
                    Sample(
                        id: Int64(samples.count + 1),
                        entity: entity,
                        tick: Tick(first + Int64(minute)),
                        queries: Int.random(in: 0...9, using: &generator),
                        score: Int64.random(in: 0..<100_000, using: &generator),
                        level: Bool.random(using: &generator)
                            ? Level.allCases.randomElement(using: &generator) : nil,
                        lane: nil,
                        lanes: [],
                        evidence: 0,
                        isDerived: false,
                        contributions: []
                    )
                )
            }
        }
        return samples
    }

    private static func time(_ sample: Sample) -> Timestamp {
        Timestamp(milliseconds: (sample.tick.index + 1) * 60_000)
    }

    /// What a series must be, from all samples one by one.
    private static func series(
        _ samples: [Sample],
        _ entity: Entity,
        _ since: Timestamp,
        _ until: Timestamp,
        _ length: Int64
    ) -> [SeriesBucket] {
        let chosen = samples.filter { $0.entity == entity && time($0) >= since && time($0) < until }
        return Dictionary(grouping: chosen) { time($0).milliseconds.floorDivided(by: length) }
            .sorted { $0.key < $1.key }
            .map { number, samples in
                SeriesBucket(
                    begin: Timestamp(milliseconds: number * length),
                    minimum: samples.map(\.score).min() ?? 0,
                    maximum: samples.map(\.score).max() ?? 0,
                    last: samples.last?.score ?? 0,
                    level: samples.compactMap(\.level).max(),
                    samples: samples.count,
                    queries: samples.reduce(0) { $0 + Int64($1.queries) },
                    lastSample: samples.last?.id ?? 0
                )
            }
    }

    @Test
    func `a series is the same however much of it is summarised`() async throws {
        let (store, connectionString) = try await makeStore()
        #expect(try await store.summariseSamples() == nil)
        let samples = Self.samples()
        let begin = Timestamp(milliseconds: start.milliseconds / 3_600_000 * 3_600_000)
        var generator = SystemRandomNumberGenerator()
        func check(_ message: String) async throws {
            for _ in 0..<40 {
                let entity = Self.entities.randomElement(using: &generator) ?? .global
                let since = begin + .milliseconds(Int.random(in: -5_000_000...20_000_000, using: &generator))
                let until = since + .milliseconds(Int.random(in: 1...20_000_000, using: &generator))
                let length: Int64 = [60_000, 90_000, 600_000, 3_600_000, 7_200_000].randomElement() ?? 60_000
                let expected = Self.series(samples, entity, since, until, length)
                let found = try await store.series(of: entity, since: since, until: until, bucket: length)
                #expect(found == expected, "\(message): \(entity) \(since) \(until) \(length)")
            }
        }
        var batch = makeBatch(0)
        batch.samples = samples
        // Two hours are over when the tick that ends with them is closed.
        batch.lastClosedTick = Tick(begin.milliseconds / 60_000 - 1 + 120)
        try await store.commit(batch)
        try await check("nothing summarised")
        #expect(try await store.summariseSamples() == begin + .seconds(3600))
        try await check("one hour")
        #expect(try await store.summariseSamples() == begin + .seconds(7200))
        #expect(try await store.summariseSamples() == nil)
        try await check("two hours")
        var last = makeBatch(1)
        last.lastClosedTick = Tick(begin.milliseconds / 60_000 - 1 + 300)
        try await store.commit(last)
        // An hour without samples is passed over.
        #expect(try await store.summariseSamples() == begin + .seconds(4 * 3600))
        #expect(try await store.summariseSamples() == begin + .seconds(5 * 3600))
        #expect(try await store.summariseSamples() == nil)
        try await check("all hours")
        let tomorrow = begin + .seconds(86_400)
        let deleted = try await store.deleteDays(
            of: [.sample],
            before: tomorrow,
            base: nil,
            rule: "test",
            at: tomorrow
        )
        #expect(
            deleted.map(\.dataset) == ["sample", "sample_summary"] && deleted.first?.rows == samples.count
        )
        // The hours are left, whatever the length of the buckets.
        for entity in Self.entities {
            let hours = Self.series(samples, entity, begin, tomorrow, 3_600_000)
            #expect(!hours.isEmpty)
            for length: Int64 in [30_000, 60_000, 3_600_000] {
                let left = try await store.series(of: entity, since: begin, until: tomorrow, bucket: length)
                #expect(left == hours, "\(entity) \(length)")
            }
            let whole = try await store.series(of: entity, since: begin, until: tomorrow, bucket: 7_200_000)
            #expect(whole == Self.series(samples, entity, begin, tomorrow, 7_200_000))
        }
        let session = try await makeSession(connectionString)
        #expect(try await store.oldestSummary() == begin)
        let noon = begin + .seconds(3 * 3600)
        let summaries = try await store.deleteSummaries(before: noon, rule: "test", at: tomorrow)
        #expect(summaries.map(\.dataset) == ["sample_summary"])
        #expect(try await store.oldestSummary() == noon)
        let recorded = try await session.query("select dataset from deletion order by number").map {
            try $0.only(String.self)
        }
        #expect(recorded == ["sample", "sample_summary", "sample_summary"])
        await store.close()
    }
}
