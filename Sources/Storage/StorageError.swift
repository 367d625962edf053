package import PostgresClient

/// Why the database did not do what was asked.
package enum StorageError: Error, Sendable {
    /// PostgreSQL or the way to it failed; `isTransient` says whether to try again.
    case database(PostgresError)
    /// COMMIT was sent and its answer lost: ask ``Store/outcome(of:)``.
    case outcomeUnknown(PostgresError)
    /// Another writer has moved on from where this one thought it stood; nothing was written.
    case fenced
    /// The database has fewer batches than this writer wrote: a server took over that had not got the last ones yet.
    case rewound(batches: Int64)
    /// The server is a standby, which takes no batch.
    case standby
    /// The database cannot hold what riskd writes, or does not let it.
    case unfit([DatabaseFault])
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
        switch self {
        case .database(let error): error.isTransient
        case .standby: true
        default: false
        }
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .database(let error): "\(error)"
        case .outcomeUnknown(let error): "the outcome of a commit is unknown: \(error)"
        case .fenced: "another riskd has written to this database: this one must stop"
        case .rewound(let count):
            """
            the database has lost the last \(count) batches that riskd wrote, as after a fail-over to a server that lagged \
            behind: what was in them is read from the logs again
            """
        case .standby: "the server is a standby, which is read-only"
        case .unfit(let faults): faults.map(\.description).joined(separator: "; ")
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
