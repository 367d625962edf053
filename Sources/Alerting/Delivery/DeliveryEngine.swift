package import Domain
package import Runtime

/// Delivers what is in the outbox, every endpoint on its own.
package struct DeliveryEngine: Sendable {
    private let routes: [EndpointRoute]
    private let queue: @Sendable (_ endpoint: String) -> DeliveryQueue
    private let schedule: RetrySchedule
    private let signal: DeliverySignal
    private let log: Log
    private let metrics: Metrics
    private let now: @Sendable () -> Timestamp
    private let wall: @Sendable () -> Timestamp

    /// An engine.
    ///
    /// - Parameters:
    ///   - routes: the endpoints; messages of others stay in the outbox.
    ///   - queue: the outbox as an endpoint gets at it: one that waits for its database keeps no other waiting.
    ///   - schedule: when failures are tried again.
    ///   - signal: sent when something is put into the outbox.
    ///   - log: gets failures, without secrets.
    ///   - metrics: counts attempts.
    ///   - now: by which messages are due and endpoints have failed too long; must not jump.
    ///   - wall: the time of day, which signatures tell.
    package init(
        routes: [EndpointRoute],
        queue: @escaping @Sendable (_ endpoint: String) -> DeliveryQueue,
        schedule: RetrySchedule = RetrySchedule(),
        signal: DeliverySignal,
        log: Log,
        metrics: Metrics,
        now: @escaping @Sendable () -> Timestamp,
        wall: @escaping @Sendable () -> Timestamp
    ) {
        self.routes = routes
        self.queue = queue
        self.schedule = schedule
        self.signal = signal
        self.log = log
        self.metrics = metrics
        self.now = now
        self.wall = wall
        metrics.declare(
            "riskd_deliveries_total",
            .counter,
            "Attempts to deliver a message, by endpoint and outcome."
        )
        metrics.declare(
            "riskd_delivery_seconds",
            .histogram,
            "How long attempts took that succeeded.",
            bounds: [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
        )
        metrics.declare(
            "riskd_delivery_database_errors_total",
            .counter,
            "How often the outbox could not be read or written."
        )
    }

    /// Delivers until the flag is raised; then ends what is under way, at most some 15 seconds.
    ///
    /// - Parameter stop: ends it.
    package func run(until stop: StopFlag) async {
        await withTaskGroup(of: Void.self) { group in
            for route in routes {
                let worker = EndpointWorker(
                    route: route,
                    queue: queue(route.endpoint.name),
                    schedule: schedule,
                    signal: signal,
                    stop: stop,
                    log: log,
                    metrics: metrics,
                    now: now,
                    wall: wall
                )
                group.addTask { await worker.run() }
            }
            await stop.raised()
            signal.send()
        }
    }
}
