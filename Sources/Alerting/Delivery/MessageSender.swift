package import Domain

/// Sends messages to one endpoint.
protocol MessageSender: Sendable {
    /// Sends a message there.
    ///
    /// - Parameters:
    ///   - payload: what to send, in the endpoint's format.
    ///   - message: what it says: id, type and time go into headers.
    ///   - now: the wall clock.
    /// - Returns: how that went; never a secret or more of an address than scheme, host and port.
    func send(_ payload: Payload, of message: Message, at now: Timestamp) async -> Receipt
}

/// How an attempt went.
package struct Receipt: Hashable, Sendable {
    /// How it ended.
    package var outcome: DeliveryAttempt.Outcome
    /// The HTTP status, where there was one.
    package var status: Int?
    /// Why, in words.
    package var detail: String
    /// How long the receiver wants to be left alone.
    package var retryAfter: Duration?

    package init(
        _ outcome: DeliveryAttempt.Outcome,
        status: Int? = nil,
        detail: String = "",
        retryAfter: Duration? = nil
    ) {
        self.outcome = outcome
        self.status = status
        self.detail = detail
        self.retryAfter = retryAfter
    }
}
