import Runtime

/// Adds up how long the stages of a pipeline take, for those who ask; a pipeline without one reads no clock.
package final class StageClock: Sendable {
    /// A stage of a record's path.
    ///
    /// All but `commit` follow each other in one task; `commit` overlaps the stages of the next batch.
    package enum Stage: String, Hashable, Sendable, CaseIterable {
        /// Reading lines.
        case read
        /// Lines into records: JSON and base64.
        case decode
        /// Asking the database which ids were met before.
        case repeats
        /// Searching the history, and adding to it.
        case similarity
        /// Second opinions.
        case opinions
        /// Rungs, ticks, and the content of the transaction.
        case score
        /// Waiting because the batch before is still being committed: no work.
        case wait
        /// The transaction.
        case commit
    }

    /// What a stage took.
    package struct Total: Hashable, Sendable {
        /// Wall time.
        package var duration = Duration.zero
        /// How often the stage was passed.
        package var count = 0

        /// Nothing.
        package init() {}
    }

    private let sums = Locked<[Stage: Total]>([:])
    private let reloads = Locked<HistoryReload?>(nil)
    private let commits = Locked<ContinuousClock.Instant?>(nil)

    /// A clock that has measured nothing.
    package init() {}

    /// What was measured so far; a stage that was never passed is missing.
    package var totals: [Stage: Total] { sums.withLock { $0 } }

    /// What reloading histories took when the pipeline started; nil before.
    package var reload: HistoryReload? { reloads.withLock { $0 } }

    /// When the first transaction was durable; nil before.
    package var firstCommit: ContinuousClock.Instant? { commits.withLock { $0 } }

    /// Notes what reloading histories took.
    func set(_ reload: HistoryReload) { reloads.withLock { $0 = reload } }

    /// Adds one passage of a stage.
    package func add(_ stage: Stage, _ duration: Duration) {
        if stage == .commit { commits.withLock { $0 = $0 ?? .now } }
        sums.withLock { sums in
            sums[stage, default: Total()].duration += duration
            sums[stage, default: Total()].count += 1
        }
    }
}

/// Where the time of one pass through several stages goes; does nothing without a clock.
struct StageLap {
    private let clock: StageClock?
    private var last: ContinuousClock.Instant?

    /// Begins the first stage.
    init(_ clock: StageClock?) {
        self.clock = clock
        if clock != nil { last = .now }
    }

    /// Ends a stage and begins the next one.
    mutating func end(_ stage: StageClock.Stage) {
        guard let clock, let last else { return }
        let now = ContinuousClock.now
        clock.add(stage, now - last)
        self.last = now
    }
}
