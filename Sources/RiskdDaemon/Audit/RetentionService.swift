import Configuration
import Domain
import Runtime
import Storage

/// Deletes what is due, every hour, with a connection of its own.
struct RetentionService: Sendable {
    let store: Store
    let policy: Configuration.Retention
    let log: Log

    /// Works until the task is cancelled; what fails is tried again an hour later.
    func run() async throws {
        // A start has enough to do.
        try await Task.sleep(for: .seconds(60))
        while true {
            do {
                if await store.isBroken { try await store.reconnect() }
                for deletion in try await Retention(store, policy).run(at: .now) {
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
