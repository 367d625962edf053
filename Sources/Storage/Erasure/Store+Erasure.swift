package import Domain
import PostgresClient

extension Store {
    private static let erasureColumns =
        "number, requested, actor, reason, user_name, pseudonym, done, refusal, datasets, rows"

    /// Asks for a person's name to be taken out of every table; the writer of the database does it.
    ///
    /// - Parameters:
    ///   - user: whose, on all models.
    ///   - reason: why; not empty.
    ///   - actor: who wants it.
    ///   - address: where the request came from; nil: a command on the machine itself.
    ///   - time: the wall clock.
    /// - Returns: the erasure's number.
    /// - Throws: `StorageError.database`.
    package func requestErasure(
        of user: UserID,
        reason: String,
        by actor: String,
        from address: String? = nil,
        at time: Timestamp
    ) async throws(StorageError) -> Int64 {
        try await storing {
            let number = try await session.query(
                """
                insert into riskd.erasure (requested, actor, address, reason, user_name, pseudonym, datasets, rows)
                values (\(time.postgres), \(actor), \(address), \(reason), \(user.name), \(Erasure.pseudonym().name),
                    '{}', '{}')
                returning number
                """
            ).first?.only(Int64.self)
            guard let number else { throw StorageError.corrupt("no number of an erasure") }
            return number
        }
    }

    /// An erasure, and what became of it.
    ///
    /// - Throws: `StorageError.database`.
    package func erasure(_ number: Int64) async throws(StorageError) -> Erasure? {
        try await storing {
            try await session.query(
                "select \(unsafeSQL: Self.erasureColumns) from riskd.erasure where number = \(number)"
            ).first.map(Erasure.init)
        }
    }

    /// Erasures that nobody has done yet, in order.
    ///
    /// - Throws: `StorageError.database`.
    package func waitingErasures() async throws(StorageError) -> [Erasure] {
        try await storing {
            try await session.query(
                "select \(unsafeSQL: Self.erasureColumns) from riskd.erasure where done is null order by number"
            ).map(Erasure.init)
        }
    }

    /// What stands in the place of names that are gone.
    ///
    /// - Throws: `StorageError.database`.
    package func pseudonyms() async throws(StorageError) -> Set<UserID> {
        try await storing {
            let rows = try await session.query(
                "select pseudonym from riskd.erasure where done is not null and refusal is null"
            )
            return Set(try rows.map { UserID(try $0.only()) })
        }
    }

    /// The own baselines of a user as they are kept: each artefact's id and bytes.
    ///
    /// - Throws: `StorageError.database`.
    package func ownArtefacts(of user: UserID) async throws(StorageError) -> [(id: String, body: [UInt8])] {
        try await storing {
            try await session.query(
                """
                select a.id, a.body from riskd.calibration c join riskd.artefact a on a.id = c.id
                where c.owner = \(user.name) order by a.id
                """
            ).map { row in
                var fields = row.fields
                return (try fields.next(), try fields.next())
            }
        }
    }

    /// Ends an erasure without doing anything: it could not be done.
    ///
    /// - Throws: `StorageError.database`.
    package func refuse(_ erasure: Erasure, because refusal: String, at time: Timestamp)
        async throws(StorageError)
    {
        try await storing {
            try await session.perform { try Self.finish($0, erasure, refusal: refusal, [:], at: time) }
        }
    }

    /// Takes a name out of every table, all or nothing, and says so in `riskd.erasure`.
    ///
    /// Nothing that is scored may be on its way: only the database's owner may ask, between two batches, and has to load
    /// its state again afterwards.
    ///
    /// - Parameters:
    ///   - erasure: one that waits.
    ///   - artefacts: the user's own baselines under the pseudonym.
    ///   - time: the wall clock.
    /// - Returns: why it was refused; nil when it was done.
    /// - Throws: `StorageError.fenced`, `.notOwner` or `.database`: nothing was done, and it still waits.
    package func erase(
        _ erasure: Erasure,
        _ artefacts: [RenamedArtefact],
        at time: Timestamp
    ) async throws(StorageError) -> String? {
        guard let owner else { throw .notOwner }
        guard let replacement = erasure.replacement else { return erasure.refusal }
        return try await storing {
            try await session.transaction { session in
                // Neither retention nor a new hold in the middle of it, nor summaries of samples that are renamed.
                try session.execute(
                    unsafeSQL: """
                        lock table riskd.legal_hold in share row exclusive mode;
                        select from riskd.sample_summary_end for update;
                        update riskd.router set erasures = erasures + 1;
                        """
                )
                // Whoever keeps state of the batch before is behind.
                let isOwner = try session.run(
                    "update riskd.pipeline set batch = batch + 1 where owner = \(owner)"
                )
                guard isOwner == 1 else { throw StorageError.fenced }
                if let refusal = try Self.refusal(session, replacement.name) {
                    try Self.finish(session, erasure, refusal: refusal, [:], at: time)
                    return refusal
                }
                var run = ErasureRun(replacement, artefacts)
                try run.execute(session)
                // The name may stand in the reason for this as well.
                let isKnown = run.rows.keys.contains { $0 != "erasure" }
                let refusal = isKnown ? nil : "there is nothing of that user"
                try Self.finish(session, erasure, refusal: refusal, run.rows, at: time)
                return refusal
            }
        }
    }

    /// Why a user may not be erased now, as far as can be said before it is tried.
    ///
    /// - Returns: the reason; nil where there is none.
    /// - Throws: `StorageError.database`.
    package func obstacle(toErasing user: UserID) async throws(StorageError) -> String? {
        try await storing { try await session.perform { try Self.refusal($0, user) } }
    }

    /// Whether anything is kept of a user: what was scored, or a line that could not be used and names them.
    ///
    /// Lines are read through last, where nothing else is known.
    ///
    /// - Throws: `StorageError.database`.
    package func knows(_ user: UserID) async throws(StorageError) -> Bool {
        try await storing {
            try await session.query(
                """
                select exists (select from riskd.sample where entity_name = \(user.name) and entity_kind = 'user')
                    or exists (select from riskd.track where entity_name = \(user.name) and kind = 'user')
                    or exists (select from riskd.sample_summary where entity_name = \(user.name) and entity_kind = 'user')
                    or exists (select from riskd.alert where subject_kind = 'user' and name = \(user.name))
                    or exists (select from riskd.observation where user_name = \(user.name) and model in (
                        select model from riskd.history_window union select model from riskd.track))
                    or exists (select from riskd.coverage_account where user_name = \(user.name))
                    or exists (select from riskd.dead_letter where position(convert_to(\(user.name), 'UTF8') in body) > 0)
                """
            ).first?.only(Bool.self) ?? false
        }
    }

    /// Why a user may not be erased now.
    private static func refusal(_ session: isolated PostgresSession, _ user: UserID) throws -> String? {
        let hold = try session.query(
            "select min(number) from riskd.legal_hold where released is null"
        ).first?.only(Int64?.self)
        if let hold = hold ?? nil { return "hold \(hold) keeps everything: it has to be released first" }
        let alert = try session.query(
            """
            select min(id) from riskd.alert
            where subject_kind = 'user' and name = \(user.name) and state <> 'resolved'
            """
        ).first?.only(String?.self)
        if let alert = alert ?? nil { return "alert \(alert) of that user is not resolved: resolve it first" }
        return nil
    }

    private static func finish(
        _ session: isolated PostgresSession,
        _ erasure: Erasure,
        refusal: String?,
        _ rows: [String: Int],
        at time: Timestamp
    ) throws {
        let counts = rows.sorted { $0.key < $1.key }
        try session.run(
            """
            update riskd.erasure set user_name = null, done = \(time.postgres), refusal = \(refusal),
                datasets = \(counts.map(\.key)), rows = \(counts.map { Int64($0.value) })
            where number = \(erasure.number) and done is null
            """
        )
    }

    /// Has the server look at changed tables again: its statistics still hold the name.
    ///
    /// - Parameter erasure: one that is done.
    /// - Throws: `StorageError.database`.
    package func refreshStatistics(after erasure: Erasure) async throws(StorageError) {
        try await storing {
            for count in erasure.rows {
                try await session.execute(unsafeSQL: "analyze riskd.\(count.dataset)")
            }
        }
    }
}

extension Erasure {
    fileprivate init(_ row: PostgresRow) throws {
        var fields = row.fields
        number = try fields.next()
        requested = Timestamp(try fields.next(PostgresTimestamp.self))
        actor = try fields.next()
        reason = try fields.next()
        user = try fields.next(String?.self).map { UserID($0) }
        pseudonym = UserID(try fields.next())
        done = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        refusal = try fields.next()
        let datasets = try fields.next([String].self)
        let counts = try fields.next([Int].self)
        rows = zip(datasets, counts).map { Count(dataset: $0, rows: Int64($1)) }
    }
}
