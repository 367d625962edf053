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

    /// Messages that are due at an endpoint, oldest first; of each dedup key only the oldest pending one.
    ///
    /// - Parameters:
    ///   - endpoint: whose.
    ///   - now: the wall clock.
    ///   - limit: how many at most.
    /// - Returns: the messages; none of a disabled endpoint.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func dueDeliveries(
        to endpoint: String,
        now: Timestamp,
        limit: Int
    ) async throws(StorageError) -> [Delivery] {
        try await storing {
            try await session.query(
                """
                select o.message, o.attempts, o.created,
                    (select failing_since from riskd.endpoint where name = \(endpoint))
                from riskd.outbox o
                where o.endpoint = \(endpoint) and o.state = 'pending' and o.due <= \(now.postgres)
                    and not exists (select from riskd.outbox e where e.endpoint = o.endpoint
                        and e.dedup_key = o.dedup_key and e.state = 'pending' and e.sequence < o.sequence)
                    and not exists (select from riskd.endpoint where name = \(endpoint) and not enabled)
                order by o.due, o.sequence limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                return Delivery(
                    notification: try Notification(stored: try fields.next()),
                    endpoint: endpoint,
                    attempts: try fields.next(),
                    createdAt: Timestamp(try fields.next(PostgresTimestamp.self)),
                    failingSince: try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
                )
            }
        }
    }

    /// When the next message of an endpoint becomes due, if one waits for its time.
    ///
    /// - Parameter endpoint: whose.
    /// - Returns: the time; nil when nothing waits, or the endpoint is disabled.
    /// - Throws: `StorageError.database`.
    package func nextDue(at endpoint: String) async throws(StorageError) -> Timestamp? {
        try await storing {
            try await session.query(
                """
                select min(due) from riskd.outbox where endpoint = \(endpoint) and state = 'pending'
                    and not exists (select from riskd.endpoint where name = \(endpoint) and not enabled)
                """
            ).first?.only(PostgresTimestamp?.self).map(Timestamp.init)
        }
    }

    /// The firing alerts that an endpoint was told of last, by the newest delivered message of each dedup key.
    ///
    /// - Parameter endpoint: whose.
    /// - Returns: the alerts as they were told.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func firingAlerts(toldTo endpoint: String) async throws(StorageError) -> [AlertSnapshot] {
        try await storing {
            try await session.query(
                """
                select distinct on (dedup_key) message from riskd.outbox
                where endpoint = \(endpoint) and state = 'delivered' order by dedup_key, sequence desc
                """
            ).flatMap { row in
                var fields = row.fields
                return try Notification(stored: try fields.next()).alerts.filter(\.isFiring)
            }
        }
    }

    /// Makes attempts durable: their rows, what becomes of the messages, and whether the endpoints are failing.
    ///
    /// - Parameter attempts: in order.
    /// - Throws: `StorageError.database`.
    package func record(_ attempts: [DeliveryAttempt]) async throws(StorageError) {
        guard !attempts.isEmpty else { return }
        let rows = DeliveryAttempt.rows(attempts)
        try await storing {
            try await session.transaction { session in
                try session.copy(
                    into: "riskd.delivery_attempt",
                    columns: DeliveryAttempt.columns,
                    rows: rows
                )
                for attempt in attempts { try Self.settle(session, attempt) }
            }
        }
    }

    private static func settle(_ session: isolated PostgresSession, _ attempt: DeliveryAttempt) throws {
        let end = (attempt.startedAt + attempt.duration).postgres
        if let next = attempt.nextAttemptAt {
            try session.run(
                """
                update riskd.outbox set due = \(next.postgres), attempts = attempts + 1
                where endpoint = \(attempt.endpoint) and message_id = \(attempt.message.description)
                    and state = 'pending'
                """
            )
        } else {
            let state = attempt.outcome == .delivered ? "delivered" : "refused"
            try session.run(
                """
                update riskd.outbox set state = \(state), settled = \(end), attempts = attempts + 1
                where endpoint = \(attempt.endpoint) and message_id = \(attempt.message.description)
                    and state = 'pending'
                """
            )
        }
        let isFailure = attempt.outcome != .delivered
        try session.run(
            """
            insert into riskd.endpoint (name, enabled, reason, changed, changed_by, failing_since)
            values (\(attempt.endpoint), true, '', \(end), 'riskd',
                case when \(isFailure) then \(attempt.startedAt.postgres)::timestamptz end)
            on conflict (name) do update set failing_since =
                case when \(isFailure) then coalesce(endpoint.failing_since, excluded.failing_since) end
            """
        )
    }

    /// Attempts at an endpoint or with a message, newest first.
    ///
    /// - Parameters:
    ///   - endpoint: nil for all.
    ///   - message: nil for all.
    ///   - limit: how many at most.
    /// - Returns: the attempts.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func attempts(
        at endpoint: String? = nil,
        with message: MessageID? = nil,
        limit: Int
    ) async throws(StorageError) -> [DeliveryAttempt] {
        let columns = DeliveryAttempt.columns.joined(separator: ", ")
        return try await storing {
            try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.delivery_attempt
                where (\(endpoint) is null or endpoint = \(endpoint))
                    and (\(message?.description) is null or message_id = \(message?.description))
                order by id desc limit \(limit)
                """
            ).map(DeliveryAttempt.init)
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
                select message, endpoint, state, created, due, attempts from riskd.outbox
                where (\(endpoint) is null or endpoint = \(endpoint)) and (\(state) is null or state = \(state))
                    and (\(alert?.description) is null or strpos(message, \(alert?.description)) > 0)
                    and created >= coalesce(\(since?.postgres), '-infinity')
                order by sequence desc limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                return OutboxEntry(
                    notification: try Notification(stored: try fields.next()),
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

extension Notification {
    /// Reads a message as the outbox keeps it.
    init(stored text: String) throws(StorageError) {
        guard let notification = try document(MessageDocument.self, text).notification else {
            throw .corrupt("a message of the outbox")
        }
        self = notification
    }
}

extension DeliveryAttempt {
    /// The columns of `delivery_attempt` but its own number.
    static let columns = [
        "message_id", "endpoint", "number", "started", "duration_ms", "outcome", "status", "detail",
        "next_attempt",
    ]

    fileprivate static func rows(_ attempts: [DeliveryAttempt]) -> CopyRows {
        var rows = CopyRows()
        for attempt in attempts {
            rows.append { row in
                row.text(attempt.message.description)
                row.text(attempt.endpoint)
                row.int4(attempt.number)
                row.time(attempt.startedAt)
                row.int8(attempt.duration.wholeMilliseconds)
                row.text(attempt.outcome.rawValue)
                row.optional(attempt.status) { $0.int4($1) }
                row.text(attempt.detail.filter { $0 != "\0" })
                row.optional(attempt.nextAttemptAt) { $0.time($1) }
            }
        }
        return rows
    }

    /// Reads a row of ``columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        try self.init(&fields)
    }

    /// Reads ``columns``.
    init(_ fields: inout PostgresFields) throws {
        let id = try fields.next(String.self)
        guard let message = MessageID(id) else { throw StorageError.corrupt("a message named \(id)") }
        let endpoint = try fields.next(String.self)
        let number = try fields.next(Int.self)
        let started = Timestamp(try fields.next(PostgresTimestamp.self))
        let duration = Duration.milliseconds(try fields.next(Int64.self))
        let word = try fields.next(String.self)
        guard let outcome = Outcome(rawValue: word) else { throw StorageError.corrupt("outcome \(word)") }
        self.init(
            message: message,
            endpoint: endpoint,
            number: number,
            startedAt: started,
            duration: duration,
            outcome: outcome,
            status: try fields.next(),
            detail: try fields.next(),
            nextAttemptAt: try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        )
    }
}
