import Alerting
import Configuration
import Domain
import Ingest
import Runtime
import Scoring
import Similarity
import Storage
import Testing

@testable import Pipeline

/// From lines to what transactions write, without a database.
struct BatchScorerTests {
    /// 2026-03-02T08:00:00Z, in milliseconds.
    private static let start: Int64 = 1_772_438_400_000

    /// What was scored before.
    private final class Known: Sendable {
        private let keys = Locked<Set<SeenKey>>([])

        func met(_ asked: [SeenKey]) -> SeenRecords {
            keys.withLock { keys in
                defer { keys.formUnion(asked) }
                return SeenRecords(repeats: keys.intersection(asked))
            }
        }
    }

    /// A scorer that has seen nothing.
    private func scorer() throws -> BatchScorer {
        let known = Known()
        let scoring = try ScoringConfiguration(.default)
        let calibrations = ActiveCalibrations(byModel: [:], ids: [:])
        let pool = WorkerPool(width: 2)
        let plans = DetectorPlans(
            defaults: SimilarityConfiguration(),
            linkGap: .seconds(3600),
            bound: HistoryBound(models: 1000, bytes: .max)
        )
        let book = AlertBook(
            policy: AlertPolicy(),
            context: AlertContext(
                configurationID: "c",
                calibrationIDs: [:],
                criticality: { _ in 1000 },
                bound: { _, _ in nil },
                end: { scoring.end(of: $0) }
            ),
            alerts: [],
            nextNotice: 1
        )
        return BatchScorer(
            BatchScorer.State(
                fresh: ScoringEngine(
                    configuration: scoring,
                    calibrations: calibrations.byModel,
                    variants: calibrations.variants
                ),
                book: book,
                detectors: Detectors(plans: plans, pool: pool),
                calibrations: calibrations
            ),
            BatchScorer.Rules(
                calibrations: calibrations,
                strata: StratumRules(Configuration.default.calibration),
                configurationID: "c"
            ),
            BatchScorer.Means(
                pool: pool,
                clock: { Timestamp(milliseconds: Self.start) },
                seen: { known.met($0) }
            )
        )
    }

    private func line(_ number: Int, after milliseconds: Int64, user: String = "u", id: String? = nil)
        -> RawLine
    {
        let time = Timestamp(milliseconds: Self.start + milliseconds)
        let text = """
            {"id":"\(id ?? "r\(number)")","time":"\(time)","model":"m","user":"\(user)",\
            "prediction":{"class":"a","probability":0.5}}
            """
        return RawLine(source: "s", path: "s.log", offset: Int64(number) * 1000, bytes: Array(text.utf8))
    }

    private func batch(_ lines: [RawLine]) -> IngestBatch {
        var batch = IngestBatch()
        batch.items = lines.map { .line($0) }
        return batch
    }

    /// Everything that comes out of `batches`, and of the end.
    private func run(
        _ batches: [[RawLine]],
        through scorer: BatchScorer,
        settled: (Int64) -> Void = { _ in }
    ) async throws -> [ScoredBatch] {
        var results: [ScoredBatch] = []
        for lines in batches {
            try await scorer.score(batch(lines)) {
                results.append($0)
            } settle: {
                settled($0)
            }
        }
        if let last = scorer.advance(to: nil) { results.append(last) }
        return results
    }

    /// What is stored, whatever transactions it was stored by.
    private func stored(_ results: [ScoredBatch]) -> [String] {
        results.flatMap { $0.commit.observations.map { "\($0)" } }
            + results.flatMap { $0.commit.samples.map { "\($0)" } }
            + results.flatMap { $0.commit.levelChanges.map { "\($0)" } }
    }

    @Test(arguments: 0..<8)
    func `how lines are cut into batches changes nothing that is stored`(seed: Int) async throws {
        var generator = SystemRandomNumberGenerator()
        let lines = (0..<60).map { line($0, after: Int64($0) * 700, user: "u\($0 % 3)") }
        let whole = try await run([lines], through: scorer())
        var pieces: [[RawLine]] = []
        var rest = lines[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...9, using: &generator)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        let parts = try await run(pieces, through: scorer())
        #expect(stored(parts) == stored(whole), "\(pieces.map(\.count))")
        #expect(whole.flatMap(\ScoredBatch.commit.observations).map(\.sequence) == Array(1...60))
        // Each transaction goes on where the one before it ended.
        #expect(parts.map(\.commit.expectedBatch) == (0..<Int64(parts.count)).map { $0 })
    }

    @Test func `a record that comes twice is scored once, and one with its id and other content is another`()
        async throws
    {
        let scorer = try scorer()
        let first = line(1, after: 0)
        let other = line(2, after: 0, user: "v", id: "r1")
        let results = try await run([[first, first, other], [first, line(3, after: 10)]], through: scorer)
        #expect(results.flatMap(\ScoredBatch.commit.observations).map(\.record.user.name) == ["u", "v", "u"])
        #expect(results.map(\.duplicates).reduce(0, +) == 2)
    }

    @Test func `what cannot be read is set aside with its place, and costs no record beside it`() async throws
    {
        let bad = RawLine(source: "s", path: "s.log", offset: 77, bytes: Array("{\"id\":".utf8))
        let results = try await run([[line(1, after: 0), bad, line(2, after: 5)]], through: scorer())
        #expect(results.flatMap(\ScoredBatch.commit.observations).count == 2)
        let letters = results.flatMap(\ScoredBatch.commit.deadLetters)
        #expect(letters.map(\.offset) == [77] && letters.map(\.source) == ["s"])
    }

    @Test func `ticks close in order, and what comes for a closed one counts in the first open one, as late`()
        async throws
    {
        // One record does not move a source: its newest ones agree on what time it is.
        let early = (0..<40).map { line($0, after: Int64($0) * 1000, user: "u\($0)") }
        let late = (40..<60).map { line($0, after: 120_000 + Int64($0) * 1000, user: "u\($0)") }
        let results = try await run([early + late, [line(60, after: 500)]], through: scorer())
        let seen = results.flatMap(\ScoredBatch.commit.observations)
        #expect(seen.map(\.isLate) == Array(repeating: false, count: 60) + [true])
        let closings = results.compactMap(\ScoredBatch.commit.lastClosedTick)
        #expect(closings == closings.sorted())
        let closed = try #require(results[0].commit.lastClosedTick)
        #expect(seen[60].tick > closed)
    }
}
