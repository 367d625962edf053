package import Configuration
package import Domain
import Pipeline
package import Runtime
package import Storage

/// Deletes what is due, every hour, with a connection of its own.
package struct RetentionService: Sendable {
    package let store: Store
    let policy: Configuration.Retention
    let log: Log
    /// The time that may be believed: a wall clock that jumps deletes nothing.
    let now: @Sendable () -> Timestamp

    /// A service; see the properties.
    package init(
        store: Store,
        policy: Configuration.Retention,
        log: Log,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.policy = policy
        self.log = log
        self.now = now
    }

    /// Works until the task is cancelled; what fails is tried again an hour later.
    package func run() async throws {
        // A start has enough to do.
        try await Task.sleep(for: .seconds(60))
        while true {
            do {
                if await store.isBroken { try await store.reconnect() }
                let retention = Retention(store, policy)
                let now = now()
                if let newest = try await retention.doubt(at: now) {
                    log.write(
                        .warning,
                        "nothing is deleted: the clock is so much later than the newest record that it may be wrong",
                        [
                            "clock": "\(now)", "newest_before": "\(newest)",
                            "remedy": "riskd retention --delete, if the clock is right",
                        ]
                    )
                }
                for deletion in try await retention.doubt(at: now) == nil ? retention.run(at: now) : [] {
                    log.write(
                        .notice,
                        "rows were deleted as the configuration says",
                        [
                            "table": deletion.dataset, "before": "\(deletion.before)",
                            "rows": "\(deletion.rows)",
                        ]
                    )
                }
            } catch let error as StartupError {
                log.write(.error, "nothing is deleted: \(error)")
            } catch {
                log.write(.warning, "what is due is not deleted yet", ["reason": "\(error)"])
            }
            try await Task.sleep(for: .seconds(3600))
        }
    }
}
