package import Alerting
import Domain
package import Pipeline
package import Runtime
package import Storage

/// Delivers messages with connections of its own: what befalls receivers, records do not feel.
package struct DeliveryService: Sendable {
    /// More would take the server's connections from others.
    package static let mostConnections = 8
    /// No retry is put off for longer: a receiver may ask for a day.
    private static let longestWait = Duration.seconds(25 * 3600)

    private let engine: DeliveryEngine
    private let routes: [EndpointRoute]
    private let clock: WatchedClock

    /// A service.
    ///
    /// - Parameters:
    ///   - stores: connections that nobody else uses, one or more; endpoints share them in turn.
    ///   - settings: who is told.
    ///   - signal: sent when messages were put into the outbox.
    ///   - log: told of failures.
    ///   - metrics: told of attempts.
    ///   - clock: by which messages are due.
    /// - Throws: `StartupError` that names every endpoint that cannot be used.
    package init(
        _ stores: [Store],
        _ settings: AlertSettings,
        signal: DeliverySignal,
        log: Log,
        metrics: Metrics,
        clock: WatchedClock
    ) throws {
        self.clock = clock
        var routes: [EndpointRoute] = []
        var errors: [String] = []
        for (_, route) in try DeliveryRoutes.make(settings.endpoints, externalURL: settings.externalURL) {
            switch route {
            case .success(let route): routes.append(route)
            case .failure(let error): errors.append(error.description)
            }
        }
        guard errors.isEmpty else { throw StartupError(errors.joined(separator: "\n")) }
        self.routes = routes
        let queues = stores.map(\.deliveryQueue)
        let places = Dictionary(
            uniqueKeysWithValues: routes.enumerated().map { ($1.endpoint.name, $0 % queues.count) }
        )
        engine = DeliveryEngine(
            routes: routes,
            queue: { queues[places[$0] ?? 0] },
            signal: signal,
            log: log,
            metrics: metrics,
            now: { clock.now },
            wall: { Timestamp.now }
        )
    }

    /// Says who the endpoints are: those that are new get a test message first.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - log: told of those that have not taken one.
    /// - Throws: `StorageError`.
    package func register(in store: Store, log: Log) async throws(StorageError) {
        let now = clock.now
        let put = try await store.bringForward(dueAfter: now + Self.longestWait, to: now)
        if put > 0 {
            log.write(
                .warning,
                "messages were put off by a clock that was wrong: they are due now",
                ["messages": "\(put)"]
            )
        }
        for route in routes {
            let name = route.endpoint.name
            let test = DeliveryRoutes.testMessage(to: name, at: now)
            guard try await !store.register(name, as: route.identity, test: test, at: now) else { continue }
            log.write(
                .notice,
                "an endpoint gets a test message first, others when it has taken that",
                ["endpoint": name]
            )
        }
    }

    /// Delivers until the flag is raised or the task is cancelled.
    package func run(until stop: StopFlag) async { await engine.run(until: stop) }
}

extension Store {
    /// The outbox as the delivery engine sees it; a connection that broke is made anew.
    nonisolated var deliveryQueue: DeliveryQueue {
        DeliveryQueue(
            due: { try await self.ready().dueDeliveries(to: $0, now: $1, limit: $2) },
            record: { try await self.ready().record($0) },
            disable: { endpoint, reason, now in
                try await self.ready()
                    .setEndpoint(endpoint, isEnabled: false, reason: reason, by: Alert.riskd, at: now)
            },
            nextDue: { try await self.ready().nextDue(at: $0) },
            told: { try await self.ready().firingAlerts(toldTo: $0) }
        )
    }

    private func ready() async throws(StorageError) -> Store {
        if await isBroken { try await reconnect() }
        return self
    }
}
