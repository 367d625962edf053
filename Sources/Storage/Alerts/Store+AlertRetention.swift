package import Domain
import PostgresClient

extension Store {
    /// What is kept of alerts and of people's work, as `riskd.deletion` calls it, in the order in which it goes.
    package static let alertDatasets = [
        "alert_event", "alert", "action", "alert_notice", "outbox", "delivery_attempt", "silence",
        "read_ledger",
        "audit_entry",
    ]

    /// The oldest time of anything in ``alertDatasets``; nil where there is nothing.
    ///
    /// - Throws: `StorageError.database`.
    package func oldestOfAlerts() async throws(StorageError) -> Timestamp? {
        try await storing {
            try await session.query(
                """
                select least((select min(starts) from riskd.alert), (select min(requested) from riskd.action),
                    (select time from riskd.alert_notice order by number limit 1),
                    (select min(created) from riskd.outbox),
                    (select started from riskd.delivery_attempt order by id limit 1),
                    (select min(ends) from riskd.silence), (select min(time) from riskd.audit_entry),
                    (select time from riskd.read_ledger order by number limit 1))
                """
            ).first?.only(PostgresTimestamp?.self).map(Timestamp.init)
        }
    }

    /// The begin of the oldest summary by the hour; nil where there is none.
    ///
    /// - Throws: `StorageError.database`.
    package func oldestSummary() async throws(StorageError) -> Timestamp? {
        try await storing {
            try await session.query("select min(begins) from riskd.sample_summary where span = 3600").first?
                .only(PostgresTimestamp?.self).map(Timestamp.init)
        }
    }

    /// Deletes alerts that are over, and everything about them and about people's work, all or nothing.
    ///
    /// What is still needed stays: alerts that can still change, messages that wait, notices that nobody was told of yet, and
    /// actions by which samples that are kept are recomputed.
    ///
    /// - Parameters:
    ///   - before: what is older goes.
    ///   - rule: by which rule.
    ///   - now: the wall clock.
    /// - Returns: what was deleted; empty while there is a legal hold.
    /// - Throws: `StorageError.database`.
    package func deleteAlerts(
        before: Timestamp,
        rule: String,
        at now: Timestamp
    ) async throws(StorageError) -> [Deletion] {
        try await storing {
            try await session.transaction { session in
                guard try !Self.isHeld(session) else { return [] }
                try session.execute(
                    unsafeSQL:
                        "create temporary table gone_alert (id text collate \"C\" primary key) on commit drop"
                )
                try session.run(
                    """
                    insert into gone_alert select id from riskd.alert
                    where state = 'resolved' and watched_score is null and ends < \(before.postgres)
                        and not exists (select from riskd.alert_group where alert.id = any (members))
                        and id not in (select max(id) from riskd.alert
                            where subject_kind in ('endpoint', 'outbox', 'calibration', 'detector')
                            group by subject_kind, model, name)
                    """
                )
                // Of actions that changed tracks only those that lie before all samples that are kept.
                try session.execute(
                    unsafeSQL: "create temporary table gone_action (id bigint primary key) on commit drop"
                )
                try session.run(
                    """
                    insert into gone_action select id from riskd.action join riskd.action_applied on action_id = id
                    where requested < \(before.postgres)
                        and (alert_id is null or alert_id not in (select id from riskd.alert except select id from gone_alert))
                        and (intervention is null or after_tick is null
                            or after_tick <= (select tick from riskd.score_base))
                    """
                )
                try session.run(
                    "delete from riskd.action_applied where action_id in (select id from gone_action)"
                )
                let statements: [String: PostgresQuery] = [
                    "alert_event":
                        "delete from riskd.alert_event where alert_id in (select id from gone_alert)",
                    "alert": "delete from riskd.alert where id in (select id from gone_alert)",
                    "action": "delete from riskd.action where id in (select id from gone_action)",
                    // Numbers go on behind the newest.
                    "alert_notice": """
                    delete from riskd.alert_notice
                    where time < \(before.postgres) and number <= (select last_notice from riskd.router)
                        and number < (select max(number) from riskd.alert_notice)
                        and alert_id not in (select id from riskd.alert)
                    """,
                    "outbox":
                        "delete from riskd.outbox where state <> 'pending' and created < \(before.postgres)",
                    "delivery_attempt": """
                    delete from riskd.delivery_attempt a
                    where started < \(before.postgres) and not exists (select from riskd.outbox o
                        where o.message_id = a.message_id and o.endpoint = a.endpoint)
                    """,
                    "silence": "delete from riskd.silence where ends < \(before.postgres)",
                    "read_ledger": "delete from riskd.read_ledger where time < \(before.postgres)",
                    "audit_entry": "delete from riskd.audit_entry where time < \(before.postgres)",
                ]
                var deletions: [Deletion] = []
                for dataset in Self.alertDatasets {
                    guard let statement = statements[dataset] else { continue }
                    let rows = try session.run(statement)
                    guard rows > 0 else { continue }
                    let deletion = Deletion(dataset: dataset, before: before, rows: rows)
                    try deletion.write(session, rule: rule, detail: "", at: now)
                    deletions.append(deletion)
                }
                return deletions
            }
        }
    }

    /// Deletes summaries by the hour.
    ///
    /// - Parameters:
    ///   - before: what begins earlier goes.
    ///   - rule: by which rule.
    ///   - now: the wall clock.
    /// - Returns: what was deleted; empty while there is a legal hold.
    /// - Throws: `StorageError.database`.
    package func deleteSummaries(
        before: Timestamp,
        rule: String,
        at now: Timestamp
    ) async throws(StorageError) -> [Deletion] {
        try await storing {
            try await session.transaction { session in
                guard try !Self.isHeld(session) else { return [] }
                let rows = try session.run(
                    "delete from riskd.sample_summary where begins < \(before.postgres)"
                )
                guard rows > 0 else { return [] }
                let deletion = Deletion(dataset: "sample_summary", before: before, rows: rows)
                try deletion.write(session, rule: rule, detail: "", at: now)
                return [deletion]
            }
        }
    }

    /// Whether there is a hold; none begins before the transaction is over.
    static func isHeld(_ session: isolated PostgresSession) throws -> Bool {
        // Whoever waits for tables would keep the pipeline waiting as well.
        try session.execute(
            unsafeSQL: "set local lock_timeout = '2s'; lock table riskd.legal_hold in share mode"
        )
        return try session.query("select exists (select from riskd.legal_hold where released is null)").first?
            .only(Bool.self) ?? false
    }
}
