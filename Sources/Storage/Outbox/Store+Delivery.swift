package import Domain
import PostgresClient

extension Store {
    /// Messages that are due at an endpoint, oldest first; of each dedup key only the oldest pending one.
    ///
    /// One that cannot be read would hold up all behind it: it is refused, with an attempt that says so and an alert.
    ///
    /// - Parameters:
    ///   - endpoint: whose.
    ///   - now: the wall clock.
    ///   - limit: how many at most.
    /// - Returns: the messages; none of a disabled endpoint, tests only of one that has not taken any yet.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func dueDeliveries(
        to endpoint: String,
        now: Timestamp,
        limit: Int
    ) async throws(StorageError) -> [Delivery] {
        try await storing {
            var deliveries: [Delivery] = []
            let rows = try await session.query(
                """
                select o.message_id, o.message, o.attempts, o.created,
                    (select failing_since from riskd.endpoint where name = \(endpoint))
                from riskd.outbox o
                where o.endpoint = \(endpoint) and o.state = 'pending' and o.due <= \(now.postgres)
                    and not exists (select from riskd.outbox e where e.endpoint = o.endpoint
                        and e.dedup_key = o.dedup_key and e.state = 'pending' and e.sequence < o.sequence)
                    and not exists (select from riskd.endpoint where name = \(endpoint) and (not enabled
                        or identity is not null and verified is null and o.type <> 'endpoint.test'))
                order by o.due, o.sequence limit \(limit)
                """
            )
            for row in rows {
                var fields = row.fields
                let id = try fields.next(String.self)
                let text = try fields.next(String.self)
                guard let message = try? Message(stored: text, id: id) else {
                    try await refuseUnreadable(id, of: endpoint, at: now)
                    continue
                }
                deliveries.append(
                    Delivery(
                        message: message,
                        endpoint: endpoint,
                        attempts: try fields.next(),
                        createdAt: Timestamp(try fields.next(PostgresTimestamp.self)),
                        failingSince: try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
                    )
                )
            }
            return deliveries
        }
    }

    private func refuseUnreadable(_ id: String, of endpoint: String, at now: Timestamp) async throws {
        let detail = "message \(id) to endpoint \(endpoint) cannot be read and was not sent"
        try await session.transaction { session in
            try session.run(
                """
                insert into riskd.delivery_attempt
                    (message_id, endpoint, number, started, duration_ms, outcome, status, detail, next_attempt)
                select message_id, endpoint, attempts + 1, \(now.postgres), 0,
                    \(DeliveryAttempt.Outcome.refused.rawValue), null, \(detail), null
                from riskd.outbox where endpoint = \(endpoint) and message_id = \(id) and state = 'pending'
                """
            )
            try session.run(
                """
                update riskd.outbox set state = 'refused', settled = \(now.postgres), attempts = attempts + 1
                where endpoint = \(endpoint) and message_id = \(id) and state = 'pending'
                """
            )
            let raised = AlertAction.Kind.raise(.outbox, .high, detail: detail)
            _ = try Self.request(session, raised, by: Alert.riskd, note: "", at: now)
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
                    and not exists (select from riskd.endpoint where name = \(endpoint) and (not enabled
                        or identity is not null and verified is null and outbox.type <> 'endpoint.test'))
                """
            ).first?.only(PostgresTimestamp?.self).map(Timestamp.init)
        }
    }

    /// Makes messages due that were put off for longer than any retry waits, by a clock that was wrong.
    ///
    /// - Parameters:
    ///   - time: what is due later was put off too long.
    ///   - now: when it is due instead.
    /// - Returns: how many there were.
    /// - Throws: `StorageError.database`.
    package func bringForward(
        dueAfter time: Timestamp,
        to now: Timestamp
    ) async throws(StorageError) -> Int {
        try await storing {
            try await session.query(
                """
                update riskd.outbox set due = \(now.postgres) where state = 'pending' and due > \(time.postgres)
                returning 1
                """
            ).count
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
                select distinct on (dedup_key) message_id, message from riskd.outbox
                where endpoint = \(endpoint) and state = 'delivered' order by dedup_key, sequence desc
                """
            ).flatMap { row in
                var fields = row.fields
                let id = try fields.next(String.self)
                return try Message(stored: try fields.next(), id: id).alerts.filter(\.isFiring)
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
        try settleVerification(session, attempt)
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
}

extension Message {
    /// Reads a message as the outbox keeps it, under its id.
    init(stored text: String, id: String) throws(StorageError) {
        guard let message = try? document(MessageDocument.self, text).message else {
            throw .corrupt("message \(id) of the outbox")
        }
        self = message
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
