package import Configuration
package import Domain
import Foundation
import Glibc
import Pipeline
import Runtime
import Scoring
package import Storage

/// Sees to it that what people ask for is done: by the riskd that runs, or here if none does.
package struct ActionQueue: Sendable {
    package let store: Store
    package let configuration: Configuration

    /// A queue.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - configuration: names the rules of alerts.
    package init(_ store: Store, _ configuration: Configuration) {
        self.store = store
        self.configuration = configuration
    }

    /// Waits until actions were applied.
    ///
    /// - Parameters:
    ///   - actions: their ids.
    ///   - patience: how long to wait for a riskd that runs.
    /// - Returns: the outcomes in the same order; nil for what still waits.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package func wait(
        for actions: [Int64],
        patience: Duration = .seconds(10)
    ) async throws -> [AppliedAction?] {
        let end = ContinuousClock.now + patience
        while true {
            var outcomes: [AppliedAction?] = []
            for action in actions { outcomes.append(try await store.outcome(ofAction: action)) }
            if !outcomes.contains(nil) || ContinuousClock.now >= end { return outcomes }
            let isAbsent = try await isOwnerGone(for: patience - (end - ContinuousClock.now))
            if isAbsent, try await applyHere() { continue }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Whether the last owner of the database has ended, not only lost its connection for a moment: taking its place
    /// would end it.
    package func isOwnerGone(for time: Duration) async throws -> Bool {
        guard let owner = try await store.currentOwner() else { return true }
        let words = owner.split(separator: " ")
        guard words.count == 3, let process = pid_t(words[1]) else { return time > Self.longestBreak }
        if words[0] == "command" { return true }
        guard words[0] == ProcessInfo.processInfo.hostName else { return time > Self.longestBreak }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    package func takeOwnership(tickLength: Duration) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            try await store.takeOwnership(name: "command \(getpid())", tickLength: tickLength)
            return true
        } catch {
            if case .owned = error { return false }
            throw error
        }
    }

    /// Longer than a riskd that runs is ever without a connection to a database that answers.
    private static let longestBreak = Duration.seconds(7)

    /// Applies what waits, unless another riskd owns the database.
    ///
    /// - Returns: whether this process did it.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    private func applyHere() async throws -> Bool {
        // Before the first epoch there are no levels, and so no alerts on them.
        let state = try await store.loadState()
        guard let epoch = state.epochs.last, let milliseconds = state.tickMilliseconds else { return false }
        guard try await takeOwnership(tickLength: .milliseconds(milliseconds)) else { return false }
        let restoration = try await Restoration.past(store, epoch: epoch)
        let pool = WorkerPool(width: 1)
        // No record is scored here and no tick closed: there is nothing to compare with, to notice or to learn.
        let scorer = BatchScorer(
            BatchScorer.State(
                restoration,
                book: try await restoration.alertBook(AlertSettings(configuration).policy, from: store),
                detectors: Detectors(plans: try DetectorPlans(Configuration.default), pool: pool)
            ),
            BatchScorer.Rules(
                calibrations: restoration.calibrations,
                strata: StratumRules(configuration.calibration),
                configurationID: restoration.configurationID
            ),
            BatchScorer.Means(pool: pool, clock: { Timestamp.now }, seen: { _ in SeenRecords() })
        )
        if let batch = scorer.apply(try await store.pendingActions()) { try await store.commit(batch.commit) }
        return true
    }
}
