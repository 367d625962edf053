package import Domain
import PostgresClient

extension Store {
    /// Adds a silence.
    ///
    /// - Parameters:
    ///   - matchers: at least one.
    ///   - start: from when.
    ///   - end: until when.
    ///   - creator: who wants it.
    ///   - comment: why; not empty.
    ///   - address: where the request came from; nil: the machine itself.
    /// - Returns: its number.
    /// - Throws: `StorageError.database`.
    package func addSilence(
        _ matchers: [AlertMatcher],
        from start: Timestamp,
        until end: Timestamp,
        by creator: String,
        comment: String,
        address: String? = nil
    ) async throws(StorageError) -> Int64 {
        try await storing {
            try await session.transaction { session in
                let rows = try session.query(
                    """
                    insert into riskd.silence (labels, comparisons, patterns, starts, ends, creator, comment)
                    values (\(matchers.map(\.label)), \(matchers.map(\.comparison.rawValue)),
                        \(matchers.map(\.value)), \(start.postgres), \(end.postgres), \(creator), \(comment))
                    returning id
                    """
                )
                let id = try rows.first?.only(Int64.self) ?? 0
                let conditions = matchers.map(\.description).joined(separator: " ")
                let entry = AuditEntry(
                    time: start,
                    actor: creator,
                    what: "silence.add",
                    object: "silence \(id)",
                    detail: "\(conditions), until \(end): \(comment)",
                    address: address
                )
                try entry.write(session)
                return id
            }
        }
    }

    /// Ends a silence now.
    ///
    /// - Parameters:
    ///   - id: which.
    ///   - actor: who ends it.
    ///   - time: the wall clock.
    ///   - address: where the request came from; nil: the machine itself.
    /// - Returns: whether it was not over yet.
    /// - Throws: `StorageError.database`.
    package func expireSilence(
        _ id: Int64,
        by actor: String,
        at time: Timestamp,
        address: String? = nil
    ) async throws(StorageError) -> Bool {
        try await storing {
            try await session.transaction { session in
                let changed = try session.run(
                    """
                    update riskd.silence set ends = greatest(starts, \(time.postgres)), ended_by = \(actor)
                    where id = \(id) and ends > \(time.postgres)
                    """
                )
                guard changed == 1 else { return false }
                let entry = AuditEntry(
                    time: time,
                    actor: actor,
                    what: "silence.end",
                    object: "silence \(id)",
                    address: address
                )
                try entry.write(session)
                return true
            }
        }
    }

    /// Silences that are not over at a time, by number.
    ///
    /// - Parameter time: nil for all there ever were.
    /// - Returns: the silences.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func silences(notOverAt time: Timestamp?) async throws(StorageError) -> [Silence] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Silence.columns) from riskd.silence
                where ends > coalesce(\(time?.postgres), '-infinity') order by id
                """
            ).map(Silence.init)
        }
    }
}

extension Silence {
    /// The columns that ``init(_:)`` reads.
    static let columns = "id, labels, comparisons, patterns, starts, ends, creator, comment"

    /// Reads a row of ``columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        let id = try fields.next(Int64.self)
        let labels = try fields.next([String].self)
        let words = try fields.next([String].self)
        let patterns = try fields.next([String].self)
        let comparisons = words.compactMap(AlertMatcher.Operator.init)
        guard comparisons.count == labels.count, patterns.count == labels.count else {
            throw StorageError.corrupt("silence \(id)")
        }
        self.init(
            id: id,
            matchers: zip(labels, zip(comparisons, patterns)).map { AlertMatcher($0, $1.0, $1.1) },
            startsAt: Timestamp(try fields.next(PostgresTimestamp.self)),
            endsAt: Timestamp(try fields.next(PostgresTimestamp.self)),
            creator: try fields.next(),
            comment: try fields.next()
        )
    }
}
