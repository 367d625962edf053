package import Alerting
package import Domain
package import Pipeline
package import Runtime
package import Storage

/// Carries what people ask for to the pipeline, and makes messages of what happens to alerts.
///
/// A service of its own with a connection of its own: whatever befalls it, records are scored on, and what it has not
/// done yet waits in the database.
package struct Notifier: Sendable {
    private let store: Store
    private let settings: AlertSettings
    private let inbox: ActionInbox
    private let signal: DeliverySignal
    private let onErasure: @Sendable () -> Void
    private let log: Log
    private let metrics: Metrics
    private let now: @Sendable () -> Timestamp

    /// A notifier.
    ///
    /// - Parameters:
    ///   - store: a connection that nobody else uses.
    ///   - settings: who is told of what.
    ///   - inbox: gets what people ask for.
    ///   - signal: sent when messages were put into the outbox.
    ///   - onErasure: told, again and again, while somebody's name waits to be taken out of the database.
    ///   - log: told of trouble.
    ///   - metrics: told of alerts and queues.
    ///   - now: by which groups are flushed and silences end; must not jump.
    package init(
        store: Store,
        settings: AlertSettings,
        inbox: ActionInbox,
        signal: DeliverySignal,
        onErasure: @escaping @Sendable () -> Void,
        log: Log,
        metrics: Metrics,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.onErasure = onErasure
        self.settings = settings
        self.inbox = inbox
        self.signal = signal
        self.log = log
        self.metrics = metrics
        self.now = now
    }

    /// Works until the task is cancelled.
    ///
    /// - Throws: `CancellationError`.
    package func run() async throws {
        var backOff = BackOff()
        while true {
            do throws(StorageError) {
                if await store.isBroken { try await store.reconnect() }
                try await work {
                    backOff = BackOff()
                    metrics.set("riskd_notifier_failing", to: 0)
                }
                if Task.isCancelled { return }
                continue
            } catch {
                try Task.checkCancellation()
                metrics.set("riskd_notifier_failing", to: 1)
                log.write(
                    error.isRetriable ? .warning : .error,
                    "alerts wait to be told of",
                    ["reason": "\(error)"]
                )
            }
            try await Task.sleep(for: backOff.next())
        }
    }

    private static let pause = Duration.milliseconds(200)

    /// Routes from where the database stands, until something fails or the task is cancelled.
    private func work(_ onStep: () -> Void) async throws(StorageError) {
        let begun = inbox.round
        let state = try await store.routerState()
        var router = AlertRouter(
            endpoints: settings.endpoints,
            inhibitions: settings.inhibitions,
            groups: state.groups,
            alerts: state.alerts,
            now: .now
        )
        var cursor = state.lastNotice
        var nextCare = ContinuousClock.now
        while !Task.isCancelled {
            let round = inbox.round
            inbox.put(try await store.pendingActions(), in: round)
            if try await !store.waitingErasures().isEmpty { onErasure() }
            // A name is gone from the database, and has to go from here.
            guard inbox.round == begun else { return }
            let isBehind = try await step(&router, &cursor, state.erasures)
            if ContinuousClock.now >= nextCare {
                try await care()
                nextCare = .now + .seconds(5)
            }
            onStep()
            if isBehind { continue }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// One step: new notices, then the groups that are due, then one transaction.
    private func step(
        _ router: inout AlertRouter,
        _ cursor: inout Int64,
        _ erasures: Int64
    ) async throws(StorageError) -> Bool {
        let limit = 500
        let notices = try await store.notices(after: cursor, limit: limit)
        let now = now()
        let isDue = router.nextFlush.map { $0 <= now } ?? false
        guard !notices.isEmpty || isDue else { return false }
        let silences = try await store.silences(notOverAt: now)
        for (notice, isSilent) in notices where !isSilent {
            router.take(notice, RoutingContext(now: now, silences: silences))
        }
        if notices.count < limit {
            let firing = router.firing
            let campaigns = firing.compactMap(\.subject.entity).filter { $0.campaign != nil }
            let users = try await store.users(of: campaigns)
            router.flush(RoutingContext(now: now, silences: silences, firing: firing, users: users))
        }
        let output = router.takeOutput()
        var batch = RoutingBatch(
            expectedNotice: cursor,
            expectedErasures: erasures,
            lastNotice: notices.last?.notice.number ?? cursor,
            time: now
        )
        batch.messages = output.messages
        batch.groups = output.changed.values.sorted { $0.key < $1.key }
        batch.removed = output.removed.sorted()
        try await store.route(batch)
        if !batch.messages.isEmpty { signal.send() }
        cursor = batch.lastNotice
        return notices.count == limit
    }

    /// What is looked after now and then: the outbox's limits and the metrics.
    private func care() async throws(StorageError) {
        let now = now()
        let given = try await store.trimOutbox(settings.limits, now: now)
        if given.expired + given.dropped > 0 {
            metrics.add("riskd_outbox_given_up_total", ["reason": "age"], by: Double(given.expired))
            metrics.add("riskd_outbox_given_up_total", ["reason": "number"], by: Double(given.dropped))
            log.write(
                .error,
                "the outbox is at its limit: messages were given up undelivered",
                ["too_old": "\(given.expired)", "too_many": "\(given.dropped)"]
            )
        }
        let counts = try await store.alertCounts()
        for state in [AlertState.open, .acknowledged] {
            for level in Level.allCases.dropFirst() {
                let count = counts.first { $0.state == state && $0.level == level }?.count ?? 0
                metrics.set(
                    "riskd_alerts",
                    ["state": state.rawValue, "level": level.description],
                    to: Double(count)
                )
            }
        }
        let oldest = try await store.oldestPending()
        for endpoint in settings.endpoints {
            let age = oldest[endpoint.name].map { max(0, now.milliseconds - $0.milliseconds) } ?? 0
            metrics.set(
                "riskd_webhook_queue_age_seconds",
                ["endpoint": endpoint.name],
                to: Double(age) / 1000
            )
        }
    }
}
