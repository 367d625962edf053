import Domain
import Runtime
import Storage

/// Adds up what a run did, as batches become durable.
final class Tally: Sendable {
    private let summary = Locked(Daemon.Summary())

    /// Counts a batch.
    ///
    /// - Returns: the opinions that could not be formed for the first time, by name.
    func add(_ batch: ScoredBatch) -> [(opinion: String, reason: String)] {
        summary.withLock { summary in
            let failed = batch.opinionFailureReasons.filter { summary.opinionFailures[$0.key] == nil }
            summary.records += batch.commit.observations.count
            summary.duplicates += batch.duplicates
            summary.late += batch.late
            summary.ahead += batch.ahead
            summary.uncompared.merge(batch.uncompared, uniquingKeysWith: +)
            summary.levelChanges += batch.commit.levelChanges.count
            for letter in batch.commit.deadLetters { summary.deadLetters[letter.reason, default: 0] += 1 }
            summary.opinionFailures.merge(batch.opinionFailures, uniquingKeysWith: +)
            return failed.map { (opinion: $0.key, reason: $0.value) }.sorted { $0.opinion < $1.opinion }
        }
    }

    /// What was done so far.
    func summary(duration: Duration, wasInterrupted: Bool) -> Daemon.Summary {
        summary.withLock { summary in
            summary.wasInterrupted = wasInterrupted
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
