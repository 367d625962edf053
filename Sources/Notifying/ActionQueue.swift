package import Configuration
import Domain
import Foundation
import Glibc
import Pipeline
import Runtime
import Scoring
package import Storage

/// Does what people ask for where no riskd runs that does it.
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

    /// Whether the last owner of the database has ended, not only lost its connection for a moment: taking its place
    /// would end it.
    ///
    /// - Parameter time: how long something has waited for it.
    /// - Returns: whether.
    /// - Throws: `StorageError`.
    package func isOwnerGone(for time: Duration) async throws -> Bool {
        guard let owner = try await store.currentOwner() else { return true }
        let words = owner.split(separator: " ")
        guard words.count == 3, let process = pid_t(words[1]) else { return time > Self.longestBreak }
        if words[0] == "command" { return true }
        guard words[0] == ProcessInfo.processInfo.hostName else { return time > Self.longestBreak }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    /// Makes this process the database's one writer, as long as the store's connection lasts.
    ///
    /// - Parameter tickLength: that of what is stored.
    /// - Returns: false where another riskd is.
    /// - Throws: `StorageError`.
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

    /// Applies what people asked for about alerts; this process owns the database.
    ///
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package func apply() async throws {
        let actions = try await store.pendingActions()
        // Before the first epoch there are no levels, and so no alerts on them.
        guard !actions.isEmpty, let epoch = try await store.loadState().epochs.last else { return }
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
        if let batch = scorer.apply(actions) { try await store.commit(batch.commit) }
    }
}
