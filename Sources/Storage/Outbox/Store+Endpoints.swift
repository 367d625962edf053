package import Domain
import PostgresClient

/// How much the outbox holds at most.
package struct OutboxLimits: Hashable, Sendable {
    /// A message that has waited longer is given up.
    package var age: Duration
    /// Messages that wait, of all endpoints together.
    package var rows: Int

    package init(age: Duration = .seconds(120 * 3600), rows: Int = 100_000) {
        self.age = age
        self.rows = rows
    }
}

extension Store {
    /// Every endpoint that something is known of: those that somebody has disabled, and those that were tried.
    ///
    /// - Returns: states by name; an endpoint that is missing is enabled.
    /// - Throws: `StorageError.database`.
    package func endpointStates() async throws(StorageError) -> [String: EndpointState] {
        try await storing {
            var states: [String: EndpointState] = [:]
            let rows = try await session.query("select name, enabled, reason, changed from riskd.endpoint")
            for row in rows {
                var fields = row.fields
                let name = try fields.next(String.self)
                let isEnabled = try fields.next(Bool.self)
                let reason = try fields.next(String.self)
                let since = Timestamp(try fields.next(PostgresTimestamp.self))
                states[name] = isEnabled ? .enabled : .disabled(reason: reason, since: since)
            }
            return states
        }
    }

    /// Stops or resumes deliveries to an endpoint, and raises or clears the alert on it in the same transaction.
    ///
    /// - Parameters:
    ///   - endpoint: its name.
    ///   - isEnabled: whether it gets messages from now on.
    ///   - reason: why, without secrets.
    ///   - actor: who wants it; `riskd` for itself, which is what opens an alert.
    ///   - time: the wall clock.
    ///   - address: where the request came from; nil: the machine itself.
    /// - Returns: whether that is new.
    /// - Throws: `StorageError.database`.
    @discardableResult
    package func setEndpoint(
        _ endpoint: String,
        isEnabled: Bool,
        reason: String,
        by actor: String,
        at time: Timestamp,
        address: String? = nil
    ) async throws(StorageError) -> Bool {
        try await storing {
            try await session.transaction { session in
                let changed = try session.run(
                    """
                    insert into riskd.endpoint (name, enabled, reason, changed, changed_by)
                    values (\(endpoint), \(isEnabled), \(reason), \(time.postgres), \(actor))
                    on conflict (name) do update set enabled = excluded.enabled, reason = excluded.reason,
                        changed = excluded.changed, changed_by = excluded.changed_by, failing_since = null
                    where endpoint.enabled <> excluded.enabled
                    """
                )
                guard changed == 1 else { return false }
                let entry = AuditEntry(
                    time: time,
                    actor: actor,
                    what: isEnabled ? "endpoint.enable" : "endpoint.disable",
                    object: endpoint,
                    detail: reason,
                    address: address
                )
                try entry.write(session)
                if !isEnabled, actor == Alert.riskd {
                    let detail = "the endpoint \(endpoint) was disabled: \(reason)"
                    _ = try Self.request(
                        session,
                        .raise(.endpoint(endpoint), .high, detail: detail),
                        by: actor,
                        note: "",
                        at: time
                    )
                } else if isEnabled {
                    // The test of one that has taken none may have been given up.
                    try session.run(
                        """
                        update riskd.outbox set state = 'pending', due = \(time.postgres), attempts = 0, settled = null
                        where sequence = (select max(sequence) from riskd.outbox
                                where endpoint = \(endpoint) and type = 'endpoint.test')
                            and exists (select from riskd.endpoint
                                where name = \(endpoint) and identity is not null and verified is null)
                        """
                    )
                    _ = try Self.request(session, .clear(.endpoint(endpoint)), by: actor, note: "", at: time)
                }
                return true
            }
        }
    }

    /// How the endpoints do that something is known of, by name.
    ///
    /// - Returns: their states, queues and last attempts.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func endpointStatuses() async throws(StorageError) -> [EndpointStatus] {
        let states = try await endpointStates()
        let last = try await lastAttempts()
        return try await storing {
            try await session.query(
                """
                select name, bool_and(verified), max(failing_since), sum(pending)::bigint, min(oldest),
                    sum(delivered)::bigint from (
                    select name, identity is null or verified is not null as verified, failing_since, 0 as pending,
                        null::timestamptz as oldest, 0 as delivered
                    from riskd.endpoint
                    union all
                    select endpoint, true, null, count(*) filter (where state = 'pending'),
                        min(created) filter (where state = 'pending'),
                        count(*) filter (where state = 'delivered')
                    from riskd.outbox group by endpoint
                ) as known group by name order by name
                """
            ).map { row in
                var fields = row.fields
                let name = try fields.next(String.self)
                return EndpointStatus(
                    name: name,
                    state: states[name] ?? .enabled,
                    isVerified: try fields.next(),
                    failingSince: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                    pending: try fields.next(),
                    oldest: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                    delivered: try fields.next(),
                    lastAttempt: last[name]
                )
            }
        }
    }

    private func lastAttempts() async throws(StorageError) -> [String: DeliveryAttempt] {
        try await storing {
            let rows = try await session.query(
                """
                select message_id, endpoint, number, started, duration_ms, outcome, status, detail, next_attempt
                from riskd.delivery_attempt
                where id in (select max(id) from riskd.delivery_attempt group by endpoint)
                """
            ).map(DeliveryAttempt.init)
            return Dictionary(rows.map { ($0.endpoint, $0) }) { $1 }
        }
    }

    /// Since when the oldest pending message of each endpoint waits.
    ///
    /// - Returns: times by endpoint; endpoints without pending messages are missing.
    /// - Throws: `StorageError.database`.
    package func oldestPending() async throws(StorageError) -> [String: Timestamp] {
        try await storing {
            var times: [String: Timestamp] = [:]
            let rows = try await session.query(
                "select endpoint, min(created) from riskd.outbox where state = 'pending' group by endpoint"
            )
            for row in rows {
                var fields = row.fields
                times[try fields.next()] = Timestamp(try fields.next(PostgresTimestamp.self))
            }
            return times
        }
    }

    /// Gives up what the outbox must not hold any longer: too old first, then the oldest of the lowest levels.
    ///
    /// An alert says so, in the same transaction; it is over an hour after the last time.
    ///
    /// - Parameters:
    ///   - limits: how much it holds.
    ///   - now: the wall clock.
    /// - Returns: how many messages were given up because of their age, and because of their number.
    /// - Throws: `StorageError.database`.
    package func trimOutbox(
        _ limits: OutboxLimits,
        now: Timestamp
    ) async throws(StorageError) -> (expired: Int, dropped: Int) {
        let oldest = now - limits.age
        return try await storing {
            try await session.transaction { session in
                let expired = try session.run(
                    """
                    update riskd.outbox set state = 'expired', settled = \(now.postgres)
                    where state = 'pending' and created < \(oldest.postgres)
                    """
                )
                let pending = try session.query(
                    "select count(*) from riskd.outbox where state = 'pending'"
                ).first?.only(Int.self)
                let excess = max(0, (pending ?? 0) - limits.rows)
                var dropped = 0
                if excess > 0 {
                    dropped = try session.run(
                        """
                        update riskd.outbox set state = 'dropped', settled = \(now.postgres)
                        where sequence in (select sequence from riskd.outbox where state = 'pending'
                            order by level, sequence limit \(excess))
                        """
                    )
                }
                if expired + dropped > 0 {
                    let detail = """
                        messages were given up at \(now): \(expired) had waited longer than \
                        \(limits.age.wholeMilliseconds / 3_600_000) h, \(dropped) were more than \(limits.rows)
                        """
                    let raised = AlertAction.Kind.raise(.outbox, .critical, detail: detail)
                    _ = try Self.request(session, raised, by: Alert.riskd, note: "", at: now)
                } else {
                    try Self.clearOutboxAlert(session, now: now)
                }
                return (expired, dropped)
            }
        }
    }

    /// How long nothing must have been given up until the alert on the outbox is over.
    package static let outboxCalm = Duration.seconds(3600)

    private static func clearOutboxAlert(_ session: isolated PostgresSession, now: Timestamp) throws {
        let isOver = try session.query(
            """
            select kind = 'raise' and requested < \((now - outboxCalm).postgres) from riskd.action
            where subject_kind = 'outbox' and kind in ('raise', 'clear') order by id desc limit 1
            """
        ).first?.only(Bool.self)
        guard isOver == true else { return }
        _ = try request(session, .clear(.outbox), by: Alert.riskd, note: "", at: now)
    }
}
