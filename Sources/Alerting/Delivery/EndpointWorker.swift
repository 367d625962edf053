import Domain
import Runtime

/// Delivers to one endpoint until it is told to stop; what happens at others, or to the database, it does not feel.
struct EndpointWorker: Sendable {
    let route: EndpointRoute
    let queue: DeliveryQueue
    let schedule: RetrySchedule
    let signal: DeliverySignal
    let stop: StopFlag
    let log: Log
    let metrics: Metrics
    let now: @Sendable () -> Timestamp
    let wall: @Sendable () -> Timestamp

    private var name: String { route.endpoint.name }

    private enum Event: Sendable {
        case finished
        case woken
    }

    /// An attempt that has ended.
    private struct Ended: Sendable {
        let delivery: Delivery
        let receipt: Receipt
        let startedAt: Timestamp
        let endedAt: Timestamp
    }

    private final class Mailbox: Sendable {
        private let ended = Locked<[Ended]>([])

        func put(_ one: Ended) { ended.withLock { $0.append(one) } }

        func take() -> [Ended] {
            ended.withLock { ended in
                defer { ended = [] }
                return ended
            }
        }
    }

    /// Delivers until the flag is raised and what is under way has ended and is recorded.
    func run() async {
        var state = EndpointQueue(endpoint: name, concurrency: route.endpoint.concurrency, schedule: schedule)
        var unrecorded: [EndpointQueue.Conclusion] = []
        var book = route.reminding.map(Reminders.init)
        if book != nil { await restore(&book) }
        let mailbox = Mailbox()
        await withTaskGroup(of: Event.self) { group in
            var underWay = 0
            var isAsleep = false
            while true {
                // 1. What ended is concluded and made durable.
                for ended in mailbox.take() {
                    underWay -= 1
                    unrecorded.append(conclude(ended, &state, &book))
                }
                await record(&unrecorded, &state)
                // 2. What is due is taken and sent, as much as there is room for.
                if !stop.isRaised, unrecorded.isEmpty {
                    await fill(&state)
                    for delivery in state.start(at: now()) {
                        underWay += 1
                        group.addTask {
                            await attempt(delivery, mailbox)
                            return .finished
                        }
                    }
                    await refresh(&book)
                }
                if Task.isCancelled
                    || stop.isRaised && underWay == 0 && (unrecorded.isEmpty || stop.isOverdue)
                {
                    break
                }
                // 3. It waits for an attempt to end, for news, or for the time at which something becomes due.
                if !isAsleep {
                    isAsleep = true
                    let pause = await pause(state, book, isBehind: !unrecorded.isEmpty)
                    group.addTask {
                        await signal.wait(for: name, atMost: pause)
                        return .woken
                    }
                }
                if await group.next() == .woken { isAsleep = false }
            }
            group.cancelAll()
        }
    }

    private func attempt(_ delivery: Delivery, _ mailbox: Mailbox) async {
        let start = now()
        let receipt = await route.attempt(delivery.message, at: start, signedAt: wall())
        // One that riskd itself broke off says nothing of the receiver: the message is as due as before.
        guard !Task.isCancelled else { return }
        mailbox.put(Ended(delivery: delivery, receipt: receipt, startedAt: start, endedAt: now()))
    }

    private func conclude(
        _ ended: Ended,
        _ state: inout EndpointQueue,
        _ book: inout Reminders?
    ) -> EndpointQueue.Conclusion {
        let conclusion = state.finish(
            ended.delivery,
            ended.receipt,
            startedAt: ended.startedAt,
            at: ended.endedAt,
            chance: Double.random(in: -1...1)
        )
        if ended.receipt.outcome == .delivered {
            book?.sent(ended.delivery.message.alerts, at: ended.endedAt)
        }
        let outcome = conclusion.attempt.outcome.rawValue
        metrics.add("riskd_deliveries_total", ["endpoint": name, "outcome": outcome])
        if conclusion.attempt.outcome == .delivered {
            metrics.observe("riskd_delivery_seconds", conclusion.attempt.duration.inSeconds)
        } else {
            // It sleeps for as long as it thought right before this failure.
            signal.send(only: name)
            log.write(
                .warning,
                "a message was not delivered",
                [
                    "endpoint": name, "target": route.endpoint.target.redacted,
                    "message": conclusion.attempt.message.description,
                    "attempt": String(conclusion.attempt.number), "outcome": outcome,
                    "status": conclusion.attempt.status.map { String($0) } ?? "-",
                    "detail": conclusion.attempt.detail,
                    "next": conclusion.attempt.nextAttemptAt?.description ?? "never",
                ]
            )
        }
        return conclusion
    }

    /// Until it succeeds attempts stay in hand and nothing is sent, so that no attempt is forgotten.
    private func record(_ unrecorded: inout [EndpointQueue.Conclusion], _ state: inout EndpointQueue) async {
        guard !unrecorded.isEmpty else { return }
        do {
            let attempts = unrecorded.map(\.attempt)
            try await queue.record(attempts)
            if let reason = unrecorded.lazy.compactMap(\.disables).first {
                try await queue.disable(name, reason, now())
                log.write(.error, "an endpoint was disabled", ["endpoint": name, "reason": reason])
            }
            state.recorded(attempts)
            unrecorded = []
        } catch {
            complain(error)
        }
    }

    private func fill(_ state: inout EndpointQueue) async {
        let wanted = state.wanted(at: now())
        guard wanted > 0 else { return }
        do { state.take(try await queue.due(name, now(), wanted)) } catch { complain(error) }
    }

    /// How long nothing is to be done, unless an attempt ends or the signal comes.
    private func pause(_ state: EndpointQueue, _ book: Reminders?, isBehind: Bool) async -> Duration {
        let now = now()
        // The database is asked again soon when it did not answer; else now and then, for what others put in.
        var pause = isBehind ? Duration.seconds(1) : .seconds(5)
        if let resumes = state.resumes(after: now) {
            pause = min(pause, .milliseconds(resumes.milliseconds - now.milliseconds))
        } else if !isBehind, let due = (try? await queue.nextDue(name)).flatMap({ $0 }), due > now {
            pause = min(pause, .milliseconds(due.milliseconds - now.milliseconds))
        }
        if let next = book?.next {
            pause = min(pause, .milliseconds(next.milliseconds - now.milliseconds))
        }
        return max(pause, .milliseconds(5))
    }

    /// Sends again what the receiver would forget.
    private func refresh(_ book: inout Reminders?) async {
        guard let due = book?.due(at: now()), !due.isEmpty else { return }
        for alerts in route.packed(due) {
            let time = now()
            guard let first = alerts.first, let id = MessageID("msg_\(first.id)") else { continue }
            let message = Message(
                id: id,
                type: .alertFiring,
                timestamp: time,
                dedupKey: first.dedupKey,
                reason: .repeat,
                alerts: alerts
            )
            let receipt = await route.attempt(message, at: time, signedAt: wall())
            // Also when it failed: the next turn comes soon, and the alert's own message is not lost.
            book?.sent(alerts, at: time)
            if receipt.outcome != .delivered {
                log.write(
                    .warning,
                    "firing alerts could not be sent again",
                    ["endpoint": name, "detail": receipt.detail]
                )
            }
        }
    }

    private func restore(_ book: inout Reminders?) async {
        guard let interval = book?.reminding.interval else { return }
        do { book?.sent(try await queue.told(name), at: now() - interval) } catch { complain(error) }
    }

    private func complain(_ error: any Error) {
        metrics.add("riskd_delivery_database_errors_total")
        log.write(
            .warning,
            "the outbox cannot be reached; deliveries wait",
            ["endpoint": name, "error": "\(error)"]
        )
    }
}
