package import Domain

/// What the delivery engine asks of the outbox; storage fills it in.
///
/// One engine works on a database at a time. A message stays due until an attempt is recorded that says otherwise, so
/// that a crash between sending and recording sends it once more, under the same id.
package struct DeliveryQueue: Sendable {
    /// The messages that are due at an endpoint, oldest first, at most as many as asked for.
    ///
    /// Of each dedup key only the oldest that is not settled is ever due, so that the messages of one key go out one
    /// after the other. What is under way is returned again: the engine knows what it has in hand. Of a disabled
    /// endpoint nothing is due.
    package var due: @Sendable (_ endpoint: String, _ now: Timestamp, _ limit: Int) async throws -> [Delivery]

    /// Makes attempts durable: the attempt's row, and when, if at all, the message is tried again.
    package var record: @Sendable (_ attempts: [DeliveryAttempt]) async throws -> Void

    /// Stops deliveries to an endpoint and, in the same transaction, opens an alert for the others.
    package var disable:
        @Sendable (_ endpoint: String, _ reason: String, _ now: Timestamp) async throws -> Void

    /// When the next message of an endpoint becomes due, if one is waiting for its time.
    package var nextDue: @Sendable (_ endpoint: String) async throws -> Timestamp?

    /// The firing alerts that an endpoint was last told of, for those that must be told again and again.
    package var told: @Sendable (_ endpoint: String) async throws -> [AlertSnapshot]

    package init(
        due: @escaping @Sendable (String, Timestamp, Int) async throws -> [Delivery],
        record: @escaping @Sendable ([DeliveryAttempt]) async throws -> Void,
        disable: @escaping @Sendable (String, String, Timestamp) async throws -> Void,
        nextDue: @escaping @Sendable (String) async throws -> Timestamp?,
        told: @escaping @Sendable (String) async throws -> [AlertSnapshot]
    ) {
        self.due = due
        self.record = record
        self.disable = disable
        self.nextDue = nextDue
        self.told = told
    }
}
