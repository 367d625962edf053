import Configuration
import Domain
import Pipeline
import Runtime
import Scoring
import Storage

/// How every model's detectors did in the last hour of event time.
actor DetectorReport {
    /// How one detector of one track does.
    enum Verdict: String, Sendable {
        case healthy
        /// It signals more ordinary traffic than calibrated, or could not answer.
        case degraded
        /// There were queries, and it scored none of them.
        case silent
        /// There were no queries.
        case idle
    }

    /// What is known of a detector.
    struct Item: Sendable {
        let model: ModelID
        let detector: DetectorID
        let track: SimilarityScope
        var verdict = Verdict.idle
        var explanation = "there were no queries in the last hour"
        var queries = 0
        var scored = 0
        var lastScored: Timestamp?
        var failures: Int?
        /// How many queries reached exactly each rung.
        var observed: [Int]
        /// Of ordinary traffic, the share that reaches each rung at most; from rung 0 on.
        let bounds: [Double]

        /// Whether nothing speaks against it.
        var isHealthy: Bool { verdict == .healthy || verdict == .idle }
    }

    private let pool: StorePool
    private let service: ServiceBoard
    private let standings: Standings
    private let settings: Configuration.Coverage
    private var items: [Item] = []
    private var looked: ContinuousClock.Instant?

    /// Rows that are looked through: an hour of a busy service has more, and these are its newest.
    private static let mostRows = 20_000
    private static let pause = Duration.seconds(15)

    init(
        _ pool: StorePool,
        _ standings: Standings,
        _ service: ServiceBoard,
        _ settings: Configuration.Coverage
    ) {
        self.settings = settings
        self.pool = pool
        self.standings = standings
        self.service = service
    }

    /// The report, at most some seconds old.
    ///
    /// - Parameter snapshot: how everybody stands; nil before anything was scored.
    /// - Returns: calibrated detectors by model, name and track.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    func current(_ snapshot: Standings.Snapshot?) async throws -> [Item] {
        if let looked, ContinuousClock.now - looked < Self.pause { return items }
        guard let snapshot, let calibrations = try await standings.calibrations() else { return [] }
        // Set at once: who asks while this is made gets the last one.
        looked = .now
        let length = snapshot.configuration.tickLength.wholeMilliseconds
        let first = Tick(snapshot.tick.index - 3_600_000 / length)
        let histograms = try await pool.lend {
            try await $0.recentHistograms(after: first, limit: Self.mostRows)
        }
        var places: [Key: Int] = [:]
        var made: [Item] = []
        for (model, calibration) in calibrations.byModel.sorted(by: { $0.key < $1.key }) {
            for detector in calibration.detectors {
                for track in SimilarityScope.allCases where detector.detector.feeds(track) {
                    places[Key(model: model, detector: detector.detector, track: track)] = made.count
                    made.append(
                        Item(
                            model: model,
                            detector: detector.detector,
                            track: track,
                            observed: Array(repeating: 0, count: detector.thresholds.count + 1),
                            bounds: [1] + detector.bounds
                        )
                    )
                }
            }
        }
        var queries: [Key: Int] = [:]
        for histogram in histograms {
            guard let model = histogram.entity.model, let track = histogram.entity.scope else { continue }
            queries[Key(model: model, detector: nil, track: track), default: 0] += histogram.queries
            for counts in histogram.counts {
                guard let place = places[Key(model: model, detector: counts.detector, track: track)] else {
                    continue
                }
                made[place].take(counts, at: snapshot.configuration.end(of: histogram.tick))
            }
        }
        let coverage = try await pool.lend { [settings] in try await CoverageReport($0, settings) }
        for place in made.indices {
            let key = Key(model: made[place].model, detector: nil, track: made[place].track)
            made[place].queries = queries[key] ?? 0
            judge(&made[place])
            if let reason = coverage.blindness(of: made[place].detector, made[place].model) {
                made[place].verdict = .degraded
                made[place].explanation = reason
            }
        }
        items = made
        return items
    }

    private struct Key: Hashable {
        let model: ModelID
        let detector: DetectorID?
        let track: SimilarityScope
    }

    private func judge(_ item: inout Item) {
        if let opinion = item.detector.opinion {
            let state = service.state
            item.failures = state.opinionFailures[opinion].map { Int($0) }
            if state.isDrifting[ServiceState.Opinion(item.detector, on: item.model)] == true {
                item.verdict = .degraded
                item.explanation = "it signals more ordinary records than calibrated"
                return
            }
        }
        guard item.queries > 0 else { return }
        if item.scored == 0, item.queries >= 20 {
            item.verdict = .silent
            item.explanation = "it scored none of \(item.queries) queries"
        } else {
            item.verdict = .healthy
            item.explanation = "it scored \(item.scored) of \(item.queries) queries"
        }
    }
}

extension DetectorReport.Item {
    fileprivate mutating func take(_ counts: DetectorCounts, at time: Timestamp) {
        for (rung, count) in counts.byRung.enumerated() where count > 0 {
            scored += count
            observed[min(rung, observed.count - 1)] += count
            lastScored = lastScored.map { max($0, time) } ?? time
        }
    }
}
