import Configuration
import Domain
package import Notifying
import Pipeline
package import Runtime
package import Storage

extension ActionQueue {
    /// Waits until a person was erased: by the riskd that runs, or here if none does.
    ///
    /// - Parameters:
    ///   - number: the erasure's.
    ///   - patience: how long to wait for a riskd that runs.
    ///   - log: told what was done.
    /// - Returns: the erasure, which may still wait.
    /// - Throws: `StorageError`.
    package func wait(
        forErasure number: Int64,
        patience: Duration,
        log: Log
    ) async throws -> Erasure? {
        let end = ContinuousClock.now + patience
        while true {
            guard let erasure = try await store.erasure(number), erasure.done == nil else {
                return try await store.erasure(number)
            }
            guard ContinuousClock.now < end else { return erasure }
            if try await isOwnerGone(for: patience - (end - ContinuousClock.now)),
                try await takeOwnership(
                    tickLength: .milliseconds(
                        try await store.loadState().tickMilliseconds
                            ?? configuration.scoring.tick.wholeMilliseconds
                    )
                )
            {
                let signatureCache = SignatureCache(stateDirectory: configuration.stateDirectory, log: log)
                try await PersonErasure(store: store, signatureCache: signatureCache, log: log).run()
                continue
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
