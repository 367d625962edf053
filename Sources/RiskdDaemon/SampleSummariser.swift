import Pipeline
import Runtime
import Storage

/// Summarises samples when their hour is over, so that long series read few rows.
///
/// A service of its own with a connection of its own; what it has not done yet is read from samples.
struct SampleSummariser: Sendable {
    private let store: Store
    private let log: Log

    /// - Parameters:
    ///   - store: a connection that nobody else uses.
    ///   - log: told of trouble.
    init(store: Store, log: Log) {
        self.store = store
        self.log = log
    }

    private static let pause = Duration.seconds(60)

    /// Works until the task is cancelled.
    ///
    /// - Throws: `CancellationError`.
    func run() async throws {
        var backOff = BackOff()
        while true {
            do throws(StorageError) {
                if await store.isBroken { try await store.reconnect() }
                while try await store.summariseSamples() != nil, !Task.isCancelled {}
                backOff = BackOff()
            } catch {
                try Task.checkCancellation()
                log.write(.warning, "samples wait to be summarised", ["reason": "\(error)"])
                try await Task.sleep(for: backOff.next())
                continue
            }
            try await Task.sleep(for: Self.pause)
        }
    }
}
