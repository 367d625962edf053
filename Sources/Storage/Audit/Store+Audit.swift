package import Domain
import PostgresClient

/// The place after which a page of the audit log goes on.
package struct AuditPlace: Hashable, Sendable {
    package let time: Timestamp
    /// From which table.
    package let source: String
    /// Its number there.
    package let number: Int64

    package init(time: Timestamp, source: String, number: Int64) {
        self.time = time
        self.source = source
        self.number = number
    }
}

extension Store {
    /// Writes down what somebody did.
    ///
    /// - Throws: `StorageError.database`.
    package func write(_ entry: AuditEntry) async throws(StorageError) {
        try await storing { try await session.perform { try entry.write($0) } }
    }

    /// What people did, newest first.
    ///
    /// - Parameters:
    ///   - actor: who; nil for everybody but riskd itself.
    ///   - since: the earliest time.
    ///   - until: the time before which.
    ///   - place: where the page before ended.
    ///   - limit: how many at most.
    /// - Returns: the entries with their places.
    /// - Throws: `StorageError.database`.
    package func auditLog(
        of actor: String?,
        since: Timestamp?,
        until: Timestamp?,
        after place: AuditPlace?,
        limit: Int
    ) async throws(StorageError) -> [(place: AuditPlace, entry: AuditEntry)] {
        try await storing {
            try await session.query(
                """
                select time, source, number, actor, what, object, detail, address from riskd.audit_log
                where (case when \(actor) is null then actor <> \(Alert.riskd) else actor = \(actor) end)
                    and time >= coalesce(\(since?.postgres), '-infinity')
                    and time < coalesce(\(until?.postgres), 'infinity')
                    and (\(place?.time.postgres) is null or (time, source, number)
                        < (\(place?.time.postgres), \(place?.source), \(place?.number)))
                order by time desc, source desc, number desc limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let time = Timestamp(try fields.next(PostgresTimestamp.self))
                let place = AuditPlace(time: time, source: try fields.next(), number: try fields.next())
                let entry = AuditEntry(
                    time: time,
                    actor: try fields.next(),
                    what: try fields.next(),
                    object: try fields.next(),
                    detail: try fields.next(String?.self) ?? "",
                    address: try fields.next()
                )
                return (place, entry)
            }
        }
    }

    /// Writes a look into the read ledger.
    ///
    /// - Throws: `StorageError.database`.
    package func write(_ read: ImageRead) async throws(StorageError) {
        try await storing {
            try await session.run(
                """
                insert into riskd.read_ledger (time, actor, observation, what, other, reason, alert_id, address)
                values (\(read.time.postgres), \(read.actor), \(read.observation),
                    \(read.other == nil ? "image" : "difference"), \(read.other), \(read.reason),
                    \(read.alert?.description), \(read.address))
                """
            )
        }
    }

    /// The read ledger, newest first.
    ///
    /// - Parameters:
    ///   - actor: who; nil for everybody.
    ///   - observation: at which image, also as the other of a difference; nil for all.
    ///   - since: the earliest time.
    ///   - until: the time before which.
    ///   - number: entries from this one on are left out.
    ///   - limit: how many at most.
    /// - Returns: the looks with their numbers.
    /// - Throws: `StorageError.database`.
    package func imageReads(
        by actor: String?,
        of observation: Int64?,
        since: Timestamp?,
        until: Timestamp?,
        before number: Int64?,
        limit: Int
    ) async throws(StorageError) -> [(number: Int64, read: ImageRead)] {
        try await storing {
            try await session.query(
                """
                select number, time, actor, observation, other, reason, alert_id, address from riskd.read_ledger
                where (\(actor) is null or actor = \(actor))
                    and (\(observation) is null or observation = \(observation) or other = \(observation))
                    and time >= coalesce(\(since?.postgres), '-infinity')
                    and time < coalesce(\(until?.postgres), 'infinity')
                    and number < coalesce(\(number), \(Int64.max))
                order by number desc limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let number = try fields.next(Int64.self)
                let read = ImageRead(
                    time: Timestamp(try fields.next(PostgresTimestamp.self)),
                    actor: try fields.next(),
                    observation: try fields.next(),
                    other: try fields.next(),
                    reason: try fields.next(),
                    alert: try fields.next(String?.self).flatMap(AlertID.init),
                    address: try fields.next()
                )
                return (number, read)
            }
        }
    }
}
