package import Domain

/// Which messages of one endpoint go out when: a state machine without I/O.
///
/// - Of one dedup key one message is in hand at a time, from when it is taken until its attempt is durable.
/// - At most `concurrency` are under way; one while the endpoint fails, and none while it wants to be left alone.
/// - An endpoint that fails again and again is tried ever more rarely, up to once a minute, so that a dead one costs
///   nothing and its messages keep their attempts.
package struct EndpointQueue: Sendable {
    private let endpoint: String
    private let concurrency: Int
    private let schedule: RetrySchedule
    /// Taken from the outbox and not yet sent, in order.
    private var waiting: [Delivery] = []
    private var underWay = 0
    private var inHand: [MessageID: String] = [:]
    private var failures = 0
    private var failingSince: Timestamp?
    /// Nothing is sent before this.
    private var pausedUntil: Timestamp?

    /// A queue that is empty.
    ///
    /// - Parameters:
    ///   - endpoint: its name.
    ///   - concurrency: messages under way at once, at least 1.
    ///   - schedule: when to try again.
    package init(endpoint: String, concurrency: Int, schedule: RetrySchedule = RetrySchedule()) {
        self.endpoint = endpoint
        self.concurrency = max(1, concurrency)
        self.schedule = schedule
    }

    /// How many messages may be taken from the outbox, beyond those in hand.
    package static let lookahead = 64

    /// How many messages the outbox should be asked for: those in hand come again; 0 while enough wait.
    package func wanted(at now: Timestamp) -> Int {
        guard waiting.isEmpty, !isPaused(now) else { return 0 }
        return inHand.count + Self.lookahead
    }

    /// Takes what the outbox says is due.
    package mutating func take(_ deliveries: [Delivery]) {
        var keys = Set(inHand.values)
        for delivery in deliveries {
            let message = delivery.message
            guard inHand[message.id] == nil, keys.insert(message.dedupKey).inserted else {
                continue
            }
            inHand[message.id] = message.dedupKey
            waiting.append(delivery)
            // What the database remembers counts after a restart.
            if failures == 0, let since = delivery.failingSince { failingSince = since }
        }
    }

    /// The messages that go out now, which are under way from then on.
    package mutating func start(at now: Timestamp) -> [Delivery] {
        guard !isPaused(now) else { return [] }
        let limit = failures > 0 ? 1 : concurrency
        let started = Array(waiting.prefix(max(0, limit - underWay)))
        waiting.removeFirst(started.count)
        underWay += started.count
        return started
    }

    /// What an attempt means: its record, and whether the endpoint is to be disabled.
    package struct Conclusion: Hashable, Sendable {
        /// What is to be made durable.
        package let attempt: DeliveryAttempt
        /// Why the endpoint is to be disabled, if it is.
        package let disables: String?
    }

    /// An attempt ended.
    ///
    /// - Parameters:
    ///   - delivery: what was under way.
    ///   - receipt: how it went.
    ///   - startedAt: when it began.
    ///   - now: when it ended.
    ///   - chance: where in the jitter's range the next attempt lies, -1 … 1.
    /// - Returns: what follows.
    package mutating func finish(
        _ delivery: Delivery,
        _ receipt: Receipt,
        startedAt: Timestamp,
        at now: Timestamp,
        chance: Double
    ) -> Conclusion {
        underWay -= 1
        let number = delivery.attempts + 1
        var detail = receipt.detail
        var next: Timestamp?
        var disables: String?
        switch receipt.outcome {
        case .delivered:
            failures = 0
            failingSince = nil
            pausedUntil = nil
        case .refused: break
        case .gone:
            disables = "the receiver said that it is gone (410)"
        case .failed, .blocked:
            failures += 1
            let since = failingSince ?? startedAt
            failingSince = since
            let pause = max(receipt.retryAfter ?? .zero, Self.pause(after: failures))
            pausedUntil = max(pausedUntil ?? now, now + pause)
            if let wait = schedule.wait(after: number, chance: chance) {
                next = now + max(wait, receipt.retryAfter ?? .zero)
            } else {
                detail += detail.isEmpty ? "given up" : "; given up"
            }
            if now.milliseconds - since.milliseconds >= schedule.disableAfter.wholeMilliseconds {
                disables = "it has failed since \(since)"
            }
        }
        if disables != nil {
            // Whoever enables it again begins anew.
            forgetWaiting()
            failures = 0
            failingSince = nil
            pausedUntil = nil
        }
        let attempt = DeliveryAttempt(
            message: delivery.message.id,
            endpoint: endpoint,
            number: number,
            startedAt: startedAt,
            duration: .milliseconds(max(0, now.milliseconds - startedAt.milliseconds)),
            // A message that is not tried again is refused, whatever the last attempt died of.
            outcome: next == nil && receipt.outcome == .failed ? .refused : receipt.outcome,
            status: receipt.status,
            detail: detail,
            nextAttemptAt: next
        )
        return Conclusion(attempt: attempt, disables: disables)
    }

    /// Attempts are durable: their messages are out of hand.
    package mutating func recorded(_ attempts: [DeliveryAttempt]) {
        for attempt in attempts { inHand[attempt.message] = nil }
    }

    /// Messages that were taken and not sent go back.
    package mutating func forgetWaiting() {
        for delivery in waiting { inHand[delivery.message.id] = nil }
        waiting = []
    }

    /// When something may be sent again, where the endpoint is left alone now.
    package func resumes(after now: Timestamp) -> Timestamp? { isPaused(now) ? pausedUntil : nil }

    private func isPaused(_ now: Timestamp) -> Bool { pausedUntil.map { now < $0 } ?? false }

    /// 1, 2, 4, … 60 seconds.
    private static func pause(after failures: Int) -> Duration {
        .seconds(min(60, 1 << min(6, failures - 1)))
    }
}
