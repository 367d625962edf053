package import Domain
import PostgresClient

extension Store {
    /// How often a test must have failed until the other endpoints are told.
    private static let patience = 3

    /// Says what an endpoint is from now on.
    ///
    /// One that is new, or leads elsewhere than before, gets a test message, and nothing else until it has taken one
    /// (docs/alerts.md#the-outbox). What waits for it goes out then.
    ///
    /// - Parameters:
    ///   - endpoint: its name.
    ///   - identity: a digest of where it leads and how it is signed.
    ///   - test: a test message.
    ///   - time: the wall clock.
    /// - Returns: whether it has taken a message as what it is.
    /// - Throws: `StorageError.database`.
    @discardableResult
    package func register(
        _ endpoint: String,
        as identity: String,
        test: Message,
        at time: Timestamp
    ) async throws(StorageError) -> Bool {
        let rows = try OutboxRows([AddressedMessage(endpoint: endpoint, message: test)], at: time)
        return try await storing {
            try await session.transaction { session in
                // What was verified before there were identities is taken to be the same still.
                try session.run(
                    """
                    insert into riskd.endpoint (name, enabled, reason, changed, changed_by, identity)
                    values (\(endpoint), true, '', \(time.postgres), 'riskd', \(identity))
                    on conflict (name) do update set identity = excluded.identity,
                        verified = case when endpoint.identity is null or endpoint.identity = excluded.identity
                            then endpoint.verified end
                    """
                )
                let isVerified = try session.query(
                    "select verified is not null from riskd.endpoint where name = \(endpoint)"
                ).first?.only(Bool.self)
                guard isVerified != true else { return true }
                // Whoever starts riskd again may have put something right.
                let waiting = try session.run(
                    """
                    update riskd.outbox set due = \(time.postgres)
                    where endpoint = \(endpoint) and state = 'pending' and type = 'endpoint.test'
                    """
                )
                if waiting == 0 {
                    try rows.copy(through: session)
                }
                return false
            }
        }
    }

    /// An endpoint has taken a test that did not go through the outbox.
    ///
    /// - Parameters:
    ///   - endpoint: its name.
    ///   - identity: what it was when it took it.
    ///   - time: the wall clock.
    /// - Throws: `StorageError.database`.
    package func verify(_ endpoint: String, as identity: String, at time: Timestamp)
        async throws(StorageError)
    {
        try await storing {
            try await session.transaction { session in
                let isNew = try session.run(
                    """
                    insert into riskd.endpoint (name, enabled, reason, changed, changed_by, identity, verified)
                    values (\(endpoint), true, '', \(time.postgres), 'riskd', \(identity), \(time.postgres))
                    on conflict (name) do update set identity = excluded.identity, verified = excluded.verified
                    where endpoint.identity is distinct from excluded.identity or endpoint.verified is null
                    """
                )
                if isNew == 1 { try Self.clearAlert(session, on: endpoint, at: time) }
            }
        }
    }

    /// What an attempt says of an endpoint that is not verified yet.
    static func settleVerification(_ session: isolated PostgresSession, _ attempt: DeliveryAttempt) throws {
        let end = attempt.startedAt + attempt.duration
        if attempt.outcome == .delivered {
            let isNew = try session.run(
                """
                update riskd.endpoint set verified = \(end.postgres)
                where name = \(attempt.endpoint) and identity is not null and verified is null
                """
            )
            if isNew == 1 { try clearAlert(session, on: attempt.endpoint, at: end) }
        } else if attempt.number == patience {
            let isUnverified =
                try session.query(
                    """
                    select from riskd.endpoint
                    where name = \(attempt.endpoint) and identity is not null and verified is null
                    """
                ).count == 1
            guard isUnverified else { return }
            let detail = """
                the endpoint \(attempt.endpoint) has not taken its test message in \(patience) attempts; \
                nothing else is sent to it before it does
                """
            let raised = AlertAction.Kind.raise(.endpoint(attempt.endpoint), .high, detail: detail)
            _ = try request(session, raised, by: Alert.riskd, note: "", at: end)
        }
    }

    private static func clearAlert(
        _ session: isolated PostgresSession,
        on endpoint: String,
        at time: Timestamp
    ) throws {
        let isRaised = try session.query(
            """
            select kind = 'raise' from riskd.action where subject_kind = 'endpoint' and subject_name = \(endpoint)
                and kind in ('raise', 'clear') order by id desc limit 1
            """
        ).first?.only(Bool.self)
        guard isRaised == true else { return }
        _ = try request(session, .clear(.endpoint(endpoint)), by: Alert.riskd, note: "", at: time)
    }
}
