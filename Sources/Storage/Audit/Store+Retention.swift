package import Domain
import PostgresClient

extension Store {
    /// Where recomputation begins; nil: at the first record.
    ///
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func scoreBase() async throws(StorageError) -> ScoreBase? {
        try await storing {
            guard let row = try await session.query("select tick, next_sample_id from riskd.score_base").first
            else {
                return nil
            }
            var fields = row.fields
            let columns = TrackRows.columns.joined(separator: ", ")
            let tracks = try await session.query("select \(unsafeSQL: columns) from riskd.score_base_track")
            return ScoreBase(
                tick: Tick(try fields.next()),
                nextSampleID: try fields.next(),
                tracks: try tracks.map(StoredTrack.init)
            )
        }
    }

    /// From the begin of the oldest day of which a table has something to the end of the newest; nil when it is empty.
    ///
    /// - Parameter table: one with a partition for each day.
    /// - Returns: the times.
    /// - Throws: `StorageError.database`.
    package func days(of table: FactTable) async throws(StorageError) -> Range<Timestamp>? {
        try await storing {
            let row = try await session.query(
                """
                select min(day), max(day) + interval '1 day'
                from (select to_date(right(relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' as day
                    from pg_inherits join pg_class on pg_class.oid = inhrelid
                    where inhparent = to_regclass(\("riskd." + table.name)) and relname ~ '_[0-9]{8}$') days
                """
            ).first
            guard var fields = row?.fields, let begin = try fields.next(PostgresTimestamp?.self),
                let end = try fields.next(PostgresTimestamp?.self)
            else { return nil }
            return Timestamp(begin)..<Timestamp(end)
        }
    }

    /// Deletes whole days of some tables, all or nothing, and says so in `riskd.deletion`.
    ///
    /// - Parameters:
    ///   - tables: with a partition for each day.
    ///   - before: the begin of a day; older days go.
    ///   - base: where recomputation begins afterwards; nil: where it did.
    ///   - rule: by which rule.
    ///   - now: the wall clock.
    /// - Returns: what was deleted; empty while there is a legal hold.
    /// - Throws: `StorageError.database`, also when a reader of these tables has not ended after two seconds.
    package func deleteDays(
        of tables: [FactTable],
        before: Timestamp,
        base: ScoreBase?,
        rule: String,
        at now: Timestamp
    ) async throws(StorageError) -> [Deletion] {
        let tracks = base.map { TrackRows($0.tracks) }
        return try await storing {
            try await session.transaction { session in
                guard try !Self.isHeld(session) else { return [] }
                if let base, let tracks {
                    try session.execute(unsafeSQL: "delete from riskd.score_base_track")
                    try tracks.insert(session, into: "riskd.score_base_track")
                    try session.run(
                        """
                        insert into riskd.score_base (singleton, tick, next_sample_id, made)
                        values (true, \(base.tick.index), \(base.nextSampleID), \(now.postgres))
                        on conflict (singleton) do update set tick = excluded.tick,
                            next_sample_id = excluded.next_sample_id, made = excluded.made
                        """
                    )
                }
                let detail = base.map { "samples are computed from tick \($0.tick.index) on" } ?? ""
                var deletions: [Deletion] = []
                if tables.contains(.observation) {
                    // They say how a run of these records went.
                    try session.run("delete from riskd.clock_advance where watermark < \(before.postgres)")
                }
                for table in tables {
                    let rows = try Self.dropDays(session, of: table, before: before)
                    guard rows > 0 else { continue }
                    deletions.append(Deletion(dataset: table.name, before: before, rows: rows))
                    guard table == .sample else { continue }
                    // Whole days go, and a summary lies within one; those by the hour have a rule of their own.
                    let day: PostgresQuery = "select date_bin('1 day', \(before.postgres), 'epoch')"
                    guard let begin = try session.query(day).first?.only(PostgresTimestamp.self) else {
                        continue
                    }
                    let minutes = try session.run(
                        "delete from riskd.sample_summary where span = 60 and begins < \(begin)"
                    )
                    try session.run("update riskd.sample_summary_end set minutes_from = \(begin)")
                    if minutes > 0 {
                        deletions.append(Deletion(dataset: "sample_summary", before: before, rows: minutes))
                    }
                }
                for deletion in deletions { try deletion.write(session, rule: rule, detail: detail, at: now) }
                return deletions
            }
        }
    }

    private static func dropDays(
        _ session: isolated PostgresSession,
        of table: FactTable,
        before: Timestamp
    ) throws -> Int {
        let names = try session.query(
            """
            select relname::text from pg_inherits join pg_class on pg_class.oid = inhrelid
            where inhparent = to_regclass(\("riskd." + table.name)) and relname ~ '_[0-9]{8}$'
                and right(relname, 8) < to_char(\(before.postgres) at time zone 'UTC', 'YYYYMMDD')
            """
        ).map { try $0.only(String.self) }
        var count = 0
        for name in names {
            count +=
                try session.query("select count(*) from riskd.\(unsafeSQL: name)").first?.only(Int.self) ?? 0
            try session.execute(unsafeSQL: "drop table riskd.\(name)")
        }
        return count
    }

    // MARK: Holds

    /// Holds that are in force, oldest first.
    ///
    /// - Throws: `StorageError.database`.
    package func legalHolds() async throws(StorageError) -> [LegalHold] {
        try await storing {
            try await session.query(
                "select number, since, reason, actor from riskd.legal_hold where released is null order by number"
            ).map { row in
                var fields = row.fields
                return LegalHold(
                    number: try fields.next(),
                    since: Timestamp(try fields.next(PostgresTimestamp.self)),
                    reason: try fields.next(),
                    actor: try fields.next()
                )
            }
        }
    }

    /// Keeps everything from being deleted.
    ///
    /// - Parameters:
    ///   - reason: why; not empty.
    ///   - actor: who wants it.
    ///   - time: the wall clock.
    /// - Returns: the hold's number.
    /// - Throws: `StorageError.database`.
    package func addLegalHold(
        _ reason: String,
        by actor: String,
        at time: Timestamp
    ) async throws(StorageError) -> Int64 {
        try await storing {
            try await session.transaction { session in
                let number =
                    try session.query(
                        """
                        insert into riskd.legal_hold (since, reason, actor)
                        values (\(time.postgres), \(reason), \(actor)) returning number
                        """
                    ).first?.only(Int64.self) ?? 0
                let entry = AuditEntry(
                    time: time,
                    actor: actor,
                    what: "hold.add",
                    object: "hold \(number)",
                    detail: reason
                )
                try entry.write(session)
                return number
            }
        }
    }

    /// Releases a hold.
    ///
    /// - Parameters:
    ///   - number: its number.
    ///   - actor: who wants it.
    ///   - time: the wall clock.
    /// - Returns: whether it was in force.
    /// - Throws: `StorageError.database`.
    package func releaseLegalHold(
        _ number: Int64,
        by actor: String,
        at time: Timestamp
    ) async throws(StorageError) -> Bool {
        try await storing {
            try await session.transaction { session in
                let count = try session.run(
                    """
                    update riskd.legal_hold set released = \(time.postgres), released_by = \(actor)
                    where number = \(number) and released is null
                    """
                )
                guard count == 1 else { return false }
                try AuditEntry(time: time, actor: actor, what: "hold.release", object: "hold \(number)")
                    .write(session)
                return true
            }
        }
    }
}
