package import Domain
import PostgresClient

/// What is stored of how much can be seen.
package struct StoredCoverage: Sendable {
    /// One source's, one model's or another row.
    package struct Row: Hashable, Sendable {
        /// Such as `source` or `model`.
        package let kind: String
        /// A path or a model's name.
        package let name: String
        /// As whoever keeps the account packs it.
        package let state: [UInt8]
    }

    /// Rows by kind and name.
    package let rows: [Row]
    /// Accounts by name.
    package let accounts: [AccountLines]
}

/// What changed of it in a batch.
package struct CoverageChanges: Sendable {
    private var rows: [StoredCoverage.Row] = []
    private var gone: [(kind: String, name: String)] = []
    /// Accounts as they are now, each once.
    package var accounts: [AccountLines] = []
    package var goneAccounts: [UserID] = []

    /// Nothing.
    package init() {}

    /// A row as it is now; of one kind and name once.
    package mutating func set(kind: String, name: String, _ state: [UInt8]) {
        rows.append(StoredCoverage.Row(kind: kind, name: name, state: state))
    }

    /// A row that is gone.
    package mutating func remove(kind: String, name: String) { gone.append((kind, name)) }

    func write(_ session: isolated PostgresSession) throws {
        if !gone.isEmpty {
            try session.run(
                """
                delete from riskd.coverage using unnest(\(gone.map(\.kind)), \(gone.map(\.name))) as gone (kind, name)
                where coverage.kind = gone.kind and coverage.name = gone.name
                """
            )
        }
        if !rows.isEmpty {
            // All states as one, cut apart again by the server: one statement, however many rows there are.
            var (states, places): ([UInt8], [Int64]) = ([], [])
            for row in rows {
                places.append(Int64(states.count) + 1)
                states += row.state
            }
            try session.run(
                """
                insert into riskd.coverage (kind, name, state)
                select kind, name, substring(\(states) from place::int for length::int)
                from unnest(\(rows.map(\.kind)), \(rows.map(\.name)), \(places)::bigint[],
                    \(rows.map { Int64($0.state.count) })::bigint[]) as row (kind, name, place, length)
                on conflict (kind, name) do update set state = excluded.state
                """
            )
        }
        if !goneAccounts.isEmpty {
            try session.run(
                "delete from riskd.coverage_account where user_name = any (\(goneAccounts.map(\.name)))"
            )
        }
        guard !accounts.isEmpty else { return }
        try session.run(
            """
            insert into riskd.coverage_account (user_name, unusable, uncertain, used, reason)
            select * from unnest(\(accounts.map(\.user.name)), \(accounts.map(\.unusable))::bigint[],
                \(accounts.map(\.uncertain))::bigint[], \(accounts.map(\.used))::bigint[],
                \(accounts.map(\.reason)))
            on conflict (user_name) do update set unusable = excluded.unusable,
                uncertain = excluded.uncertain, used = excluded.used, reason = excluded.reason
            """
        )
    }
}

extension Store {
    /// How much of what is logged can be seen, as the last commit left it.
    ///
    /// - Returns: rows by kind and name, accounts by name.
    /// - Throws: `StorageError.database`.
    package func coverage() async throws(StorageError) -> StoredCoverage {
        try await storing {
            let rows = try await session.query(
                "select kind, name, state from riskd.coverage order by kind, name"
            )
            .map { row in
                var fields = row.fields
                return StoredCoverage.Row(
                    kind: try fields.next(),
                    name: try fields.next(),
                    state: try fields.next()
                )
            }
            let accounts = try await session.query(
                "select user_name, unusable, uncertain, used, reason from riskd.coverage_account order by user_name"
            ).map { row in
                var fields = row.fields
                return AccountLines(
                    user: UserID(try fields.next()),
                    unusable: try fields.next(),
                    uncertain: try fields.next(),
                    used: try fields.next(),
                    reason: try fields.next()
                )
            }
            return StoredCoverage(rows: rows, accounts: accounts)
        }
    }
}
