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
        /// A pooler or balancer gives the statements of one connection to several sessions of the server.
        case sharedSession
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

    /// What to do about it.
    package var course: FaultCourse {
        guard let sqlState else { return kind == .connection ? .reconnect : .end }
        return kind == .sharedSession ? .end : .of(sqlState: sqlState)
    }

    /// Whether the same work may well succeed later, on this or a new connection.
    package var isTransient: Bool { course != .end }

    /// Whether what was sent may have been done although an error came back.
    var leavesOutcomeOpen: Bool {
        guard let sqlState else { return kind == .connection }
        return ["08", "57P", "40003"].contains { sqlState.hasPrefix($0) }
    }

    static let sharedSession = PostgresError(
        .sharedSession,
        message: """
            a connection pooler gives this connection another session of PostgreSQL for each transaction, and riskd holds a \
            lock and settings in one session: let it connect to PostgreSQL itself, or to a pool in session mode \
            (pool_mode = session)
            """
    )

    /// Another session holds the lock of this database's writer, which may end any moment.
    package static let lockHeld = PostgresError(
        .refused,
        sqlState: "55P03",
        message: "another session holds the lock of this database's writer"
    )
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
