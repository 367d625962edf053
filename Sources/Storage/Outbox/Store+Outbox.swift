package import Domain
import PostgresClient

enum OutboxColumns {
    static let written = [
        "message_id", "endpoint", "dedup_key", "type", "level", "created", "state", "due", "attempts",
        "message",
    ]
}

/// A message in the outbox, for people.
package struct OutboxEntry: Hashable, Sendable {
    /// The message.
    package let notification: Notification
    /// The endpoint.
    package let endpoint: String
    /// `pending`, `delivered`, `refused`, `expired` or `dropped`.
    package let state: String
    /// When it was put in.
    package let created: Timestamp
    /// When it is tried next, while it is pending.
    package let due: Timestamp
    /// Attempts.
    package let attempts: Int
}

/// How an endpoint does.
package struct EndpointStatus: Hashable, Sendable {
    /// Its name.
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
    /// The last attempt.
    package let lastAttempt: DeliveryAttempt?
}

extension Store {
    nonisolated func outboxRows(
        _ messages: [AddressedMessage],
        at time: Timestamp
    ) throws(StorageError) -> CopyRows {
        var rows = CopyRows()
        for message in messages {
            let notification = message.notification
            let text = try json(MessageDocument(notification))
            let level = notification.alerts.map(\.level).max() ?? .critical
            rows.append { row in
                row.text(notification.id.description)
                row.text(message.endpoint)
                row.text(notification.dedupKey)
                row.text(notification.type.rawValue)
                row.int2(Int16(level.rawValue))
                row.time(time)
                row.text("pending")
                row.time(time)
                row.int4(0 as Int32)
                row.text(text)
            }
        }
        return rows
    }

    /// Puts messages into the outbox that no alert asked for, such as a test of an endpoint.
    ///
    /// - Parameters:
    ///   - messages: in order.
    ///   - time: the wall clock.
    /// - Throws: `StorageError.database`.
    package func post(_ messages: [AddressedMessage], at time: Timestamp) async throws(StorageError) {
        let rows = try outboxRows(messages, at: time)
        try await storing {
            try await session.copy(into: "riskd.outbox", columns: OutboxColumns.written, rows: rows)
        }
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
                    and (\(alert?.description) is null or strpos(message, \(alert?.description)) > 0)
                    and created >= coalesce(\(since?.postgres), '-infinity')
                order by sequence desc limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let id = try fields.next(String.self)
                return OutboxEntry(
                    notification: try Notification(stored: try fields.next(), id: id),
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
    package func replayMessages(
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
