package import PostgresClient

/// Why the database did not do what was asked.
package enum StorageError: Error, Sendable {
    /// PostgreSQL or the way to it failed; `isTransient` says whether to try again.
    case database(PostgresError)
    /// COMMIT was sent and its answer lost: ask ``Store/outcome(of:)``.
    case outcomeUnknown(PostgresError)
    /// Another writer has moved on from where this one thought it stood; nothing was written.
    case fenced
    /// Another process writes to this database.
    case owned
    /// ``Store/takeOwnership(name:tickLength:waitingFor:)`` has not been called.
    case notOwner
    /// The database has no schema yet, or an older one.
    case notMigrated(found: Int, needed: Int)
    /// The database was migrated by a newer program.
    case newerSchema(found: Int, known: Int)
    /// The database was scored with another tick length; both in milliseconds.
    case tickLength(stored: Int64, configured: Int64)
    /// The database cannot hold every name: its encoding.
    case encoding(String)
    /// The role may not make a schema that is missing.
    case mayNotCreate(schema: String, role: String, database: String)
    /// A dataset has no such column.
    case unknownColumn(String, known: [String])
    /// A row holds what this program never writes.
    case corrupt(String)

    /// Whether a statement ran longer than it may.
    package var isTimeout: Bool {
        if case .database(let error) = self { error.sqlState == "57014" } else { false }
    }

    /// Whether the same work may well succeed later.
    package var isTransient: Bool {
        if case .database(let error) = self { error.isTransient } else { false }
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .database(let error): "\(error)"
        case .outcomeUnknown(let error): "the outcome of a commit is unknown: \(error)"
        case .fenced: "another riskd has written to this database: this one must stop"
        case .owned: "another riskd writes to this database: stop it first"
        case .notOwner: "this riskd does not own the database"
        case .notMigrated(let found, let needed):
            "the database has schema \(found), this program needs \(needed): run riskd migrate"
        case .newerSchema(let found, let known):
            "the database has schema \(found), this program knows \(known) at most: install the newer riskd"
        case .tickLength(let stored, let configured):
            """
            the database was scored with ticks of \(stored) ms, the configuration says \(configured) ms: \
            set the old length again, or use another database
            """
        case .encoding(let found):
            """
            the database's encoding is \(found), which cannot hold every user's name: \
            make one with create database ... encoding 'UTF8' template template0
            """
        case .mayNotCreate(let schema, let role, let database):
            """
            the role \(role) may not make the schema \(schema) or its tables: grant create on database \(database) to \(role), \
            or create schema \(schema) authorization \(role)
            """
        case .unknownColumn(let name, let known):
            "there is no column \(name): expected one of \(known.joined(separator: ", "))"
        case .corrupt(let what): "the database holds what riskd never writes: \(what)"
        }
    }
}

/// Runs `body` and turns what PostgreSQL threw into this room's error.
@discardableResult
func storing<Success>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Success
) async throws(StorageError) -> Success {
    do {
        return try await body()
    } catch let error as StorageError {
        throw error
    } catch let error as PostgresError {
        throw error.isCommitOutcomeUnknown ? .outcomeUnknown(error) : .database(error)
    } catch {
        throw .corrupt("\(error)")
    }
}
