/// Finds out whether a connection has a session of the server to itself, before anything is set in it.
///
/// A pooler in transaction or statement mode gives each transaction whatever session is free: what riskd sets would stay behind
/// for other clients, and a lock would be held by nobody in particular. Which product stands between does not matter; what
/// counts is that two transactions come to two processes of the server, or that two connections come to the same one.
enum OwnSession {
    /// How often the two connections are compared: other clients of the pool may hide what happens once.
    private static let rounds = 4
    /// How long a pooler may take to give a session.
    private static let patience = Duration.seconds(10)

    /// The server process of a new connection, if that is its own.
    ///
    /// - Parameters:
    ///   - connection: nothing was sent through it yet; nothing is set in it here.
    ///   - another: connects once more, to the same.
    /// - Returns: the process.
    /// - Throws: `PostgresError` of kind `sharedSession`, or of kind `connection`.
    static func serverProcess(
        of connection: borrowing PostgresConnection,
        another: () throws(PostgresError) -> PostgresConnection
    ) throws(PostgresError) -> Int32 {
        let process = try ask(connection)
        // PostgreSQL names the process itself when a connection begins. Whoever stands between and hands out sessions names a
        // number of its own, so that it can pass on requests to cancel.
        if process == connection.announcedProcess { return process }
        let other = try another()
        // First without a transaction, which a pooler in statement mode would hang up on; then with one, for as long as which the
        // other connection keeps what it was given.
        for isInTransaction in [false, true] {
            for _ in 0..<rounds {
                if isInTransaction { _ = try other.execute("begin") }
                guard try ask(other) != process, try ask(connection) == process else { throw .sharedSession }
                if isInTransaction { _ = try other.execute("rollback") }
            }
        }
        return process
    }

    private static func ask(_ connection: borrowing PostgresConnection) throws(PostgresError) -> Int32 {
        if let process = try connection.askServerProcess(within: patience) { return process }
        throw PostgresError(
            .connection,
            message: """
                a connection pooler stands before PostgreSQL and gives riskd no session within \(patience): riskd needs \
                several at once, so make the pool larger (docs/databases.md)
                """
        )
    }
}
