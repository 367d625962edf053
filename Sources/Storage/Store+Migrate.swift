import PostgresClient

extension Store {
    /// One migration runs at a time, whoever starts it; the bytes of "migrate".
    private static let migrationLock: Int64 = 0x6D_69_67_72_61_74_65

    /// Brings the schema to this program's version.
    ///
    /// - Parameters:
    ///   - migrations: the program's migrations; others are for tests.
    ///   - progress: gets each migration's name before it runs.
    /// - Throws: `StorageError.unfit` before anything is written; `.newerSchema`, `.corrupt` or `.database`; migrations before
    ///   the failed one stay.
    package func migrate(
        _ migrations: [Migration] = Migration.all,
        progress: @Sendable (String) -> Void = { _ in }
    ) async throws(StorageError) {
        let faults = try await self.faults()
        guard faults.isEmpty else { throw .unfit(faults) }
        try await storing {
            try await session.run("select pg_advisory_lock(\(Self.migrationLock))")
        }
        let result: Result<Void, StorageError>
        do throws(StorageError) {
            try await migrateLocked(migrations, progress)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        if await !session.isBroken {
            try await storing { try await session.run("select pg_advisory_unlock(\(Self.migrationLock))") }
        }
        try result.get()
    }

    private func migrateLocked(
        _ migrations: [Migration],
        _ progress: @Sendable (String) -> Void
    ) async throws(StorageError) {
        let applied = try await appliedMigrations()
        guard applied.count <= migrations.count else {
            throw .newerSchema(found: applied.count, known: migrations.count)
        }
        for (name, migration) in zip(applied, migrations) where name != migration.name {
            throw .corrupt("migration \(migration.number) is \(name), this program's is \(migration.name)")
        }
        for migration in migrations[applied.count...] {
            progress(migration.name)
            try await storing {
                try await session.transaction { session in
                    if migration.number == 1 {
                        // Not `if not exists`: that needs the right to create schemas even where there is one.
                        let exists = try session.query("select to_regnamespace('riskd') is not null")
                        if try exists.first?.only(Bool.self) != true {
                            try session.execute(unsafeSQL: "create schema riskd")
                        }
                        try session.execute(unsafeSQL: Self.foundation)
                    }
                    try session.execute(unsafeSQL: migration.sql)
                    try session.run(
                        "insert into migration (number, name) values (\(migration.number), \(migration.name))"
                    )
                }
            }
        }
    }

    private static let foundation = """
        create table riskd.migration (
            number int primary key,
            name text not null,
            applied timestamptz not null default now() -- processing time
        );
        """

    /// The names of the migrations that the database has, in order.
    private func appliedMigrations() async throws(StorageError) -> [String] {
        try await storing {
            try await session.perform { session in
                guard
                    try session.query("select to_regclass('riskd.migration') is not null").first?.only()
                        == true
                else { return [] }
                let rows = try session.query("select number, name from riskd.migration order by number")
                return try rows.enumerated().map { index, row in
                    var fields = row.fields
                    guard try fields.next(Int.self) == index + 1 else {
                        throw StorageError.corrupt("migration \(index + 1) is missing")
                    }
                    return try fields.next()
                }
            }
        }
    }

    /// The number of the last migration that the database has; 0 for none.
    ///
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func schemaVersion() async throws(StorageError) -> Int {
        try await appliedMigrations().count
    }

    /// The schema version that this program brings databases to.
    package static var newestSchema: Int { Migration.all.count }

    /// Makes sure that the database has exactly this program's schema.
    ///
    /// - Throws: `StorageError.notMigrated`, `.newerSchema` or `.database`.
    package func checkSchema() async throws(StorageError) {
        let found = try await schemaVersion()
        let needed = Self.newestSchema
        guard found >= needed else { throw .notMigrated(found: found, needed: needed) }
        guard found == needed else { throw .newerSchema(found: found, known: needed) }
    }
}
