import Domain
import Runtime
import Storage

/// Adds up what a run did, as batches become durable.
final class Tally: Sendable {
    private let summary = Locked(Daemon.Summary())

    /// Counts a batch.
    func add(_ batch: ScoredBatch) {
        summary.withLock { summary in
            summary.records += batch.commit.observations.count
            summary.duplicates += batch.duplicates
            summary.late += batch.late
            summary.uncompared.merge(batch.uncompared, uniquingKeysWith: +)
            summary.levelChanges += batch.commit.levelChanges.count
            for letter in batch.commit.deadLetters { summary.deadLetters[letter.reason, default: 0] += 1 }
            summary.opinionFailures.merge(batch.opinionFailures, uniquingKeysWith: +)
        }
    }

    /// What was done so far.
    func summary(duration: Duration) -> Daemon.Summary {
        summary.withLock { summary in
            summary.duration = duration
            return summary
        }
    }
}

/// Tells the service manager that the pipeline moves, at most once a second.
final class Heartbeat: Sendable {
    private let last = Locked<ContinuousClock.Instant?>(nil)

    /// The pipeline has come round once more.
    func beat() {
        let isDue = last.withLock { last in
            guard last.map({ ContinuousClock.now - $0 > .seconds(1) }) ?? true else { return false }
            last = .now
            return true
        }
        if isDue { ServiceManager.watchdog() }
    }
}
