package import Configuration
package import Domain
import Pipeline
import Recomputing
package import Storage

/// Deletes what is older than it may be, day by day, unless there is a legal hold.
///
/// Scores are computed once more before they go, and the tracks as they stood are kept, so that what remains can be
/// recomputed; where they do not come out as they are stored nothing is deleted.
package struct Retention: Sendable {
    /// A rule of the policy, and what it means now.
    package struct Rule: Hashable, Sendable {
        /// The key of the configuration.
        package let name: String
        /// How long; zero: for good.
        package let time: Duration
        /// The tables.
        package let datasets: [String]
        /// The begin of the oldest day that there is something of.
        package let oldest: Timestamp?
        /// What is older may not be kept any longer; nil: nothing is.
        package let before: Timestamp?
        fileprivate let kind: Kind
    }

    fileprivate enum Kind: Hashable, Sendable {
        /// Days of these tables.
        case days([FactTable])
        case summaries
        case alerts
    }

    /// No more goes in one transaction.
    private static let step = Duration.seconds(7 * 86_400)
    private static let day: Int64 = 86_400_000

    /// How much later than the newest record the clock may be for anything to be deleted unasked.
    package static let patience = Duration.seconds(31 * 86_400)

    private let store: Store
    private let policy: Configuration.Retention

    /// A policy on a database.
    package init(_ store: Store, _ policy: Configuration.Retention) {
        self.store = store
        self.policy = policy
    }

    /// What the rules mean at a time.
    ///
    /// - Parameter now: the wall clock.
    /// - Returns: the rules.
    /// - Throws: `StorageError`.
    package func rules(at now: Timestamp) async throws(StorageError) -> [Rule] {
        let state = try await store.loadState()
        let length = state.tickMilliseconds ?? 1000
        // The day of the last closed tick stays: what is still open is needed after a restart.
        let newest = state.lastClosedTick.map { Timestamp(milliseconds: $0.index * length) }
        func rule(
            _ name: String,
            _ time: Duration,
            _ kind: Kind,
            isEventTime: Bool = true
        ) async throws(StorageError) -> Rule {
            let oldest = try await oldest(kind)
            var before: Timestamp?
            // While no source's progress is known there is no event time that something could be older than.
            if time > .zero, !isEventTime || newest != nil {
                var end = now - time
                if isEventTime, let newest { end = min(end, newest) }
                let begin = end.milliseconds.floorDivided(by: Self.day)
                if let oldest, oldest.milliseconds < begin * Self.day {
                    before = Timestamp(milliseconds: begin * Self.day)
                }
            }
            let datasets =
                switch kind {
                case .days(let tables): tables.map(\.name)
                case .summaries: ["sample_summary"]
                case .alerts: Store.alertDatasets
                }
            return Rule(
                name: name,
                time: time,
                datasets: datasets,
                oldest: oldest,
                before: before,
                kind: kind
            )
        }
        // Series of what samples still tell would have holes.
        let summaries: Duration = policy.scores == .zero ? .zero : policy.summaries
        return [
            try await rule(
                "retention.scores",
                policy.scores,
                .days([.tickHistogram, .sample, .levelChange])
            ),
            try await rule("retention.observations", policy.observations, .days([.observation])),
            try await rule(
                "retention.dead_letters",
                policy.deadLetters,
                .days([.deadLetter]),
                isEventTime: false
            ),
            try await rule(
                "retention.summaries",
                summaries > .zero ? max(summaries, policy.scores) : .zero,
                .summaries
            ),
            try await rule("retention.alerts", policy.alerts, .alerts, isEventTime: false),
        ]
    }

    private func oldest(_ kind: Kind) async throws(StorageError) -> Timestamp? {
        switch kind {
        case .days(let tables):
            var oldest: Timestamp?
            for table in tables {
                if let day = try await store.days(of: table)?.lowerBound { oldest = min(oldest ?? day, day) }
            }
            return oldest
        case .summaries: return try await store.oldestSummary()
        case .alerts: return try await store.oldestOfAlerts()
        }
    }

    /// Whether the clock is so much later than the newest record that it may be wrong: what it calls old would be lost.
    ///
    /// - Parameter now: the clock.
    /// - Returns: the end of the newest day with records, where that is so.
    /// - Throws: `StorageError`.
    package func doubt(at now: Timestamp) async throws(StorageError) -> Timestamp? {
        guard let end = try await store.days(of: .observation)?.upperBound else { return nil }
        return now > end + Self.patience ? end : nil
    }

    /// Deletes what is due.
    ///
    /// - Parameter now: the wall clock.
    /// - Returns: what was deleted; nothing while there is a hold.
    /// - Throws: `StorageError`; `StartupError` where scores do not come out as they are stored.
    package func run(at now: Timestamp) async throws -> [Deletion] {
        var deletions: [Deletion] = []
        for rule in try await rules(at: now) {
            guard let end = rule.before, var begin = rule.oldest else { continue }
            while begin < end {
                guard try await store.legalHolds().isEmpty else { return deletions }
                begin = min(begin + Self.step, end)
                switch rule.kind {
                case .days(let tables):
                    let base = tables.contains(.sample) ? try await base(before: begin) : nil
                    deletions += try await store.deleteDays(
                        of: tables,
                        before: begin,
                        base: base,
                        rule: rule.name,
                        at: now
                    )
                case .summaries:
                    deletions += try await store.deleteSummaries(before: begin, rule: rule.name, at: now)
                case .alerts:
                    // Something that is still needed may be much older than all that is due.
                    deletions += try await store.deleteAlerts(before: end, rule: rule.name, at: now)
                    begin = end
                }
            }
        }
        return deletions
    }

    /// The tracks after the last tick that ends before a day, computed from all that is older.
    private func base(before day: Timestamp) async throws -> ScoreBase? {
        guard let length = try await store.loadState().tickMilliseconds else { return nil }
        // Tick t ends at (t + 1) lengths; what ends at the day's begin belongs to the day.
        let last = Tick((day.milliseconds - 1).floorDivided(by: length) - 1)
        let (report, base) = try await Recomputation(store).base(at: last)
        guard report.isIdentical else {
            throw StartupError(
                """
                samples up to \(day) do not come out as they are stored, so none are deleted; riskd recompute --all says \
                which
                """
            )
        }
        return base
    }
}
