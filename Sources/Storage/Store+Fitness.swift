import PostgresClient

extension Store {
    /// What keeps the database from serving; asked before anything is written.
    ///
    /// - Returns: every reason, or nothing.
    /// - Throws: `StorageError.database`.
    package func faults() async throws(StorageError) -> [DatabaseFault] {
        try await databaseFaults() + schemaFaults("riskd") + schemaFaults("riskd_audit")
    }

    private func databaseFaults() async throws(StorageError) -> [DatabaseFault] {
        try await storing {
            let rows = try await session.query(
                """
                select pg_encoding_to_char(encoding), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
                    has_database_privilege(oid, 'TEMPORARY'), quote_ident(datname), quote_ident(current_user)
                from pg_database where datname = current_database()
                """
            )
            guard let row = rows.first else { throw StorageError.corrupt("the database has no name") }
            var fields = row.fields
            let encoding = try fields.next(String.self)
            let (isStandby, isReadOnly) = (try fields.next(Bool.self), try fields.next(Bool.self))
            let mayMakeTemporary = try fields.next(Bool.self)
            let (database, role) = (try fields.next(String.self), try fields.next(String.self))
            var faults: [DatabaseFault] = []
            if encoding != "UTF8" { faults.append(.encoding(encoding)) }
            if isStandby { faults.append(.standby) } else if isReadOnly { faults.append(.readOnly) }
            if !mayMakeTemporary {
                faults.append(.grant("GRANT TEMPORARY ON DATABASE \(database) TO \(role)"))
            }
            return faults
        }
    }

    private func schemaFaults(_ schema: String) async throws(StorageError) -> [DatabaseFault] {
        try await storing {
            let rows = try await session.query(
                """
                select n.oid is not null, has_database_privilege(d.oid, 'CREATE'),
                    coalesce(has_schema_privilege(n.oid, 'USAGE') and has_schema_privilege(n.oid, 'CREATE'), false),
                    (select quote_ident(pg_get_userbyid(c.relowner)) from pg_class c
                        where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'S', 'v')
                            and not pg_has_role(c.relowner, 'USAGE')
                        order by 1 limit 1),
                    quote_ident(d.datname), quote_ident(current_user)
                from pg_database d left join pg_namespace n on n.nspname = \(schema)
                where d.datname = current_database()
                """
            )
            guard let row = rows.first else { throw StorageError.corrupt("the database has no name") }
            var fields = row.fields
            let (exists, mayCreate) = (try fields.next(Bool.self), try fields.next(Bool.self))
            let (mayUse, owner) = (try fields.next(Bool.self), try fields.next(String?.self))
            let (database, role) = (try fields.next(String.self), try fields.next(String.self))
            guard exists else {
                let grant = """
                    CREATE SCHEMA \(schema) AUTHORIZATION \(role), or GRANT CREATE ON DATABASE \(database) TO \(role)
                    """
                return mayCreate ? [] : [.grant(grant)]
            }
            var faults: [DatabaseFault] = []
            if !mayUse { faults.append(.grant("GRANT USAGE, CREATE ON SCHEMA \(schema) TO \(role)")) }
            if let owner {
                faults.append(
                    .foreignTables(schema: schema, owner: owner, grant: "GRANT \(owner) TO \(role)")
                )
            }
            return faults
        }
    }

    /// How many locks all transactions together may hold, and how many one that reads every day of a table needs.
    ///
    /// - Returns: both; the second grows with the days that are kept.
    /// - Throws: `StorageError.database`.
    package func lockRoom() async throws(StorageError) -> (room: Int, wholeTable: Int) {
        try await storing {
            let rows = try await session.query(
                """
                select current_setting('max_locks_per_transaction')::bigint
                        * (current_setting('max_connections')::bigint
                            + current_setting('max_prepared_transactions')::bigint),
                    coalesce((select max(relations) from (
                        select count(*)
                            + sum((select count(*) from pg_index i where i.indrelid = p.inhrelid)) as relations
                        from pg_inherits p join pg_class t on t.oid = p.inhparent
                        where t.relnamespace = to_regnamespace('riskd') and t.relkind = 'p'
                        group by p.inhparent) as parents), 0)::bigint
                """
            )
            guard let row = rows.first else { throw StorageError.corrupt("the server has no settings") }
            var fields = row.fields
            return (try fields.next(), try fields.next())
        }
    }
}
