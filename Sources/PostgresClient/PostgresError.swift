/// What went wrong between this program and PostgreSQL, without any parameter value, row or secret.
package struct PostgresError: Error, Hashable, Sendable {
    /// Where it went wrong.
    package enum Kind: Hashable, Sendable {
        /// No connection could be made, or it broke.
        case connection
        /// The server refused a statement, or libpq a connection string.
        case refused
        /// A value came back in another form than the program asked for.
        case unexpectedResult
    }

    /// Where it went wrong.
    package let kind: Kind
    /// The five characters of SQLSTATE, where the server sent them.
    package let sqlState: String?
    /// What happened, in words that hold no value of a parameter or row.
    package let message: String
    /// The statement's text with `$1` for values, where there was one.
    package let statement: String?
    /// Whether the connection broke while a COMMIT was on its way: it may or may not have happened.
    package var isCommitOutcomeUnknown = false

    init(_ kind: Kind, sqlState: String? = nil, message: String, statement: String? = nil) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
        self.statement = statement
    }

    /// Whether the same work may well succeed later, on this or a new connection.
    ///
    /// By SQLSTATE (PostgreSQL's appendix A): connections (08), what the server runs out of (53), shutdowns and somebody's
    /// `pg_cancel_backend` (57, but for a dropped database), lost races (40, 55P03), a server that has become a standby
    /// (25006), and its own disk (58). All else would fail the same way again.
    package var isTransient: Bool {
        guard let sqlState else { return kind == .connection }
        guard !["40002", "57P04"].contains(sqlState) else { return false }
        return ["08", "40", "53", "57", "58"].contains(sqlState.prefix(2))
            || ["25006", "55P03"].contains(sqlState)
    }

    /// Whether the server takes no writes (any more): another one may, behind the same connection string.
    package var isReadOnlyServer: Bool { sqlState == "25006" }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        guard let sqlState else { return message }
        return "\(message) (SQLSTATE \(sqlState))"
    }

    package var debugDescription: String {
        guard let statement else { return description }
        return "\(description) in: \(statement)"
    }
}
