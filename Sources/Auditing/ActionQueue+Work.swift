import Configuration
import Domain
package import Notifying
import Pipeline
package import Runtime
package import Storage

extension ActionQueue {
    /// Whether people have asked for something that is not done yet.
    ///
    /// - Throws: `StorageError`.
    package func hasWork() async throws(StorageError) -> Bool {
        if try await !store.pendingActions(limit: 1).isEmpty { return true }
        return try await !store.waitingErasures().isEmpty
    }

    /// Does what people asked for, unless another riskd owns the database.
    ///
    /// This process owns it afterwards, until the store's connection is closed.
    ///
    /// - Parameters:
    ///   - time: how long it has waited for a riskd that runs.
    ///   - log: told what was done.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package func work(after time: Duration, log: Log) async throws {
        guard try await isOwnerGone(for: time) else { return }
        let state = try await store.loadState()
        let tick = state.tickMilliseconds ?? configuration.scoring.tick.wholeMilliseconds
        guard try await takeOwnership(tickLength: .milliseconds(tick)) else { return }
        try await apply()
        let cache = SignatureCache(stateDirectory: configuration.stateDirectory, log: log)
        try await PersonErasure(store: store, signatureCache: cache, log: log).run()
    }
}
