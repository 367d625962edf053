import APIHandlers
import Auditing
package import Configuration
import Domain
import Glibc
import Notifying
import Pipeline
package import Runtime
import Storage

/// `riskd serve`: the API over what is stored, without a pipeline.
package struct StoredService: Sendable {
    private let configuration: Configuration
    private let log: Log

    /// How often what people asked for is looked for, and after what went wrong.
    private static let (pause, longPause) = (Duration.milliseconds(200), Duration.seconds(1))

    /// A service that has not started.
    ///
    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - log: gets what happens.
    package init(_ configuration: Configuration, log: Log) {
        self.configuration = configuration
        self.log = log
    }

    /// Answers until SIGTERM or SIGINT.
    ///
    /// - Throws: `StartupError`, `StorageError`, `EmbeddedPostgresError` or `HTTPServerError`.
    package func run() async throws {
        let signals = await Signals.take([SIGTERM, SIGINT])
        guard configuration.api.isEnabled else {
            throw StartupError("api.enabled is false: nothing would be served")
        }
        let access = try await DatabaseAccess.open(configuration, for: .visit, log: log)
        do {
            let store = try await Store.connect(access.connectionString)
            try await store.migrate()
            await store.close()
            try await serve(access.connectionString, until: signals)
        } catch {
            await access.close()
            throw error
        }
        await access.close()
    }

    private func serve(_ connectionString: String, until signals: Signals) async throws {
        let metrics = Metrics()
        let host = try APIHost(
            configuration,
            connectionString,
            metrics: metrics,
            service: ServiceBoard(metrics),
            blindness: { ["no log is followed: riskd serve shows what is stored"] },
            now: { .now },
            log: log
        )
        log.write(.notice, "serving the API and the dashboard", host.places(configuration.api))
        await withDiscardingTaskGroup { group in
            group.addTask { await host.run() }
            group.addTask { await doWhatIsAsked(connectionString) }
            _ = await signals.next()
            group.cancelAll()
        }
    }

    /// Does what people ask for and no riskd that runs can do, until the task is cancelled.
    private func doWhatIsAsked(_ connectionString: String) async {
        var watching: Store?
        var waitingSince: ContinuousClock.Instant?
        while !Task.isCancelled {
            var pause = Self.pause
            do {
                let store: Store
                if let known = watching {
                    store = known
                    if await store.isBroken { try await store.reconnect() }
                } else {
                    store = try await Store.connect(connectionString)
                    watching = store
                }
                if try await ActionQueue(store, configuration).hasWork() {
                    let since = waitingSince ?? .now
                    waitingSince = since
                    try await work(connectionString, after: .now - since)
                } else {
                    waitingSince = nil
                }
            } catch is CancellationError {
                break
            } catch {
                log.write(.warning, "what was asked for could not be done", ["reason": "\(error)"])
                pause = Self.longPause
            }
            try? await Task.sleep(for: pause)
        }
        await watching?.close()
    }

    /// A connection of its own each time: with it goes the place of the database's one writer.
    private func work(_ connectionString: String, after time: Duration) async throws {
        let store = try await Store.connect(connectionString)
        do {
            try await ActionQueue(store, configuration).work(after: time, log: log)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}
