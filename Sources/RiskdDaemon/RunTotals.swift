import Domain
import Pipeline
import Runtime
import ServiceHost
import Storage

/// Adds up what a run did, as batches become durable.
final class RunTotals: Sendable {
    private let summary = Locked(Daemon.Summary())

    /// Counts a batch.
    ///
    /// - Returns: what happened for the first time: opinions that could not be formed, by name, and degraded fields.
    func add(
        _ batch: ScoredBatch
    ) -> (opinions: [(opinion: String, reason: String)], degraded: [DegradedField]) {
        summary.withLock { summary in
            let failed = batch.opinionFailureReasons.filter { summary.opinionFailures[$0.key] == nil }
            summary.records += batch.commit.observations.count
            summary.duplicates += batch.duplicates
            summary.reusedIDs += batch.reusedIDs.count
            let degraded = batch.degraded
            let first = degraded.keys.filter { summary.degraded[$0] == nil }
            summary.degraded.merge(degraded, uniquingKeysWith: +)
            summary.late += batch.late
            summary.ahead += batch.ahead
            summary.uncompared.merge(batch.uncompared, uniquingKeysWith: +)
            summary.alone.merge(batch.alone, uniquingKeysWith: +)
            summary.levelChanges += batch.commit.levelChanges.count
            for letter in batch.commit.deadLetters { summary.deadLetters[letter.reason, default: 0] += 1 }
            summary.opinionFailures.merge(batch.opinionFailures, uniquingKeysWith: +)
            return (
                failed.map { (opinion: $0.key, reason: $0.value) }.sorted { $0.opinion < $1.opinion },
                first.sorted { $0.description < $1.description }
            )
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
