package import Domain
import PostgresClient

/// Messages as they are put into the outbox, each with the alerts that it tells of.
struct OutboxRows {
    private static let columns = [
        "message_id", "endpoint", "dedup_key", "type", "level", "created", "state", "due", "attempts",
        "message",
    ]

    private var messages = CopyRows()
    private var told = CopyRows()

    /// Rows of messages, due at once.
    ///
    /// - Parameters:
    ///   - messages: in order.
    ///   - time: the wall clock.
    /// - Throws: `StorageError.corrupt` where a message cannot be written as JSON.
    init(_ messages: [AddressedMessage], at time: Timestamp) throws(StorageError) {
        for addressed in messages {
            let message = addressed.message
            let text = try json(MessageDocument(message))
            let level = message.alerts.map(\.level).max() ?? .critical
            self.messages.append { row in
                row.text(message.id.description)
                row.text(addressed.endpoint)
                row.text(message.dedupKey)
                row.text(message.type.rawValue)
                row.int2(Int16(level.rawValue))
                row.time(time)
                row.text("pending")
                row.time(time)
                row.int4(0 as Int32)
                row.text(text)
            }
            for alert in Set(message.alerts.map(\.id)) {
                told.append { row in
                    row.text(alert.description)
                    row.text(addressed.endpoint)
                    row.text(message.id.description)
                }
            }
        }
    }

    /// Puts them in, in order.
    func copy(through session: isolated PostgresSession) throws {
        try session.copy(into: "riskd.outbox", columns: Self.columns, rows: messages)
        try session.copy(
            into: "riskd.outbox_alert",
            columns: ["alert_id", "endpoint", "message_id"],
            rows: told
        )
    }
}

/// A message in the outbox, for people.
package struct OutboxEntry: Hashable, Sendable {
    package let message: Message
    package let endpoint: String
    /// `pending`, `delivered`, `refused`, `expired` or `dropped`.
    package let state: String
    /// When it was put in.
    package let created: Timestamp
    /// When it is tried next, while it is pending.
    package let due: Timestamp
    package let attempts: Int
}

/// How an endpoint does.
package struct EndpointStatus: Hashable, Sendable {
    package let name: String
    /// Whether it gets messages.
    package let state: EndpointState
    /// Whether it has taken a message as what it is; until then it gets tests only.
    package let isVerified: Bool
    /// Since when every attempt has failed; nil when the last one did not.
    package let failingSince: Timestamp?
    /// Messages that wait.
    package let pending: Int
    /// When the oldest of these was put in.
    package let oldest: Timestamp?
    /// Messages that arrived.
    package let delivered: Int
    package let lastAttempt: DeliveryAttempt?
}

extension Store {
    /// Puts messages into the outbox that no alert asked for, such as a test of an endpoint.
    ///
    /// - Parameters:
    ///   - messages: in order.
    ///   - time: the wall clock.
    /// - Throws: `StorageError.database`.
    package func post(_ messages: [AddressedMessage], at time: Timestamp) async throws(StorageError) {
        let rows = try OutboxRows(messages, at: time)
        try await storing { try await session.transaction { try rows.copy(through: $0) } }
    }

    /// Messages, newest first.
    ///
    /// - Parameters:
    ///   - endpoint: nil for all.
    ///   - alert: those that tell of it; nil for all.
    ///   - state: `pending`, `delivered`, `refused`, `expired` or `dropped`; nil for all.
    ///   - since: the earliest time at which they were put in.
    ///   - limit: how many at most.
    /// - Returns: the messages.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func outbox(
        of endpoint: String? = nil,
        telling alert: AlertID? = nil,
        state: String? = nil,
        since: Timestamp? = nil,
        limit: Int
    ) async throws(StorageError) -> [OutboxEntry] {
        try await storing {
            try await session.query(
                """
                select message_id, message, endpoint, state, created, due, attempts from riskd.outbox
                where (\(endpoint) is null or endpoint = \(endpoint)) and (\(state) is null or state = \(state))
                    and (\(alert?.description) is null or (endpoint, message_id) in (
                        select endpoint, message_id from riskd.outbox_alert where alert_id = \(alert?.description)))
                    and created >= coalesce(\(since?.postgres), '-infinity')
                order by sequence desc limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let id = try fields.next(String.self)
                return OutboxEntry(
                    message: try Message(stored: try fields.next(), id: id),
                    endpoint: try fields.next(),
                    state: try fields.next(),
                    created: Timestamp(try fields.next(PostgresTimestamp.self)),
                    due: Timestamp(try fields.next(PostgresTimestamp.self)),
                    attempts: try fields.next()
                )
            }
        }
    }

    /// Puts messages of an endpoint in again, under the same ids, whatever became of them.
    ///
    /// - Parameters:
    ///   - endpoint: whose.
    ///   - since: those put in at or after this.
    ///   - now: the wall clock.
    /// - Returns: how many.
    /// - Throws: `StorageError.database`.
    package func resendMessages(
        of endpoint: String,
        since: Timestamp,
        now: Timestamp
    ) async throws(StorageError) -> Int {
        try await storing {
            try await session.run(
                """
                update riskd.outbox set state = 'pending', due = \(now.postgres), attempts = 0, settled = null
                where endpoint = \(endpoint) and created >= \(since.postgres) and state <> 'pending'
                """
            )
        }
    }
}
