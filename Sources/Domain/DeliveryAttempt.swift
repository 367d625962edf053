/// One try to deliver one message to one endpoint.
package struct DeliveryAttempt: Hashable, Sendable {
    /// How it ended.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// The receiver took it.
        case delivered
        /// It did not, and it is tried again.
        case failed
        /// It never will: the message is given up.
        case refused
        /// The address is one that riskd does not talk to; it is tried again, as names may change.
        case blocked
        /// The receiver said that it is gone for good: the endpoint is disabled.
        case gone
    }

    package let message: MessageID
    package let endpoint: String
    /// Which try, from 1 on.
    package let number: Int
    /// When it began.
    package let startedAt: Timestamp
    /// How long it took.
    package let duration: Duration
    /// How it ended.
    package let outcome: Outcome
    /// The HTTP status; nil without an answer.
    package let status: Int?
    /// Why, in words without secrets and URLs; empty where there is nothing to say.
    package let detail: String
    /// When it is tried again; nil when it is not.
    package let nextAttemptAt: Timestamp?

    /// An attempt.
    package init(
        message: MessageID,
        endpoint: String,
        number: Int,
        startedAt: Timestamp,
        duration: Duration,
        outcome: Outcome,
        status: Int? = nil,
        detail: String = "",
        nextAttemptAt: Timestamp? = nil
    ) {
        self.message = message
        self.endpoint = endpoint
        self.number = number
        self.startedAt = startedAt
        self.duration = duration
        self.outcome = outcome
        self.status = status
        self.detail = detail
        self.nextAttemptAt = nextAttemptAt
    }
}

/// A message that is due at an endpoint, with all that delivering it needs.
package struct Delivery: Hashable, Sendable {
    package let message: Message
    /// The endpoint's name.
    package let endpoint: String
    /// Attempts made so far.
    package let attempts: Int
    /// When the message was put into the outbox.
    package let createdAt: Timestamp
    /// Since when the endpoint has failed without a success in between; nil when its last attempt succeeded.
    package let failingSince: Timestamp?

    package init(
        message: Message,
        endpoint: String,
        attempts: Int,
        createdAt: Timestamp,
        failingSince: Timestamp? = nil
    ) {
        self.message = message
        self.endpoint = endpoint
        self.attempts = attempts
        self.createdAt = createdAt
        self.failingSince = failingSince
    }
}
