import Runtime

/// A connection to PostgreSQL with a thread of its own, on which libpq blocks.
///
/// Several statements that belong together run inside ``transaction(_:)`` or ``perform(_:)``: their closures are
/// synchronous and isolated to the session, so that nothing else comes between.
package actor PostgresSession {
    private let executor: DispatchQueueExecutor
    private let connectionString: String
    private let applicationName: String
    private let preamble: String
    private var connection: PostgresConnection?
    private var process: Int32 = 0
    private nonisolated let line = Line()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ connectionString: String, _ applicationName: String, _ preamble: String) {
        executor = DispatchQueueExecutor(label: "riskd.postgres")
        self.connectionString = connectionString
        self.applicationName = applicationName
        self.preamble = preamble
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - connectionString: libpq's keywords and values, or a URI; never printed.
    ///   - applicationName: as `pg_stat_activity` shows it.
    ///   - preamble: `set` statements that every (re)connection begins with.
    /// - Returns: the session.
    /// - Throws: `PostgresError` of kind `connection`, or what the preamble raised.
    package static func connect(
        _ connectionString: String,
        applicationName: String = "riskd",
        preamble: String = ""
    ) async throws(PostgresError) -> PostgresSession {
        let session = PostgresSession(connectionString, applicationName, preamble)
        try await session.reconnect()
        return session
    }

    /// Drops the connection, if there is one, and makes a new one.
    ///
    /// Nothing is set in a session that others get too: whether it is this connection's alone is found out first.
    ///
    /// - Throws: `PostgresError` of kind `connection` or `sharedSession`, or what the preamble raised.
    package func reconnect() throws(PostgresError) {
        close()
        guard !line.isCut else { throw Self.closed }
        let new = try PostgresConnection(connectionString, applicationName: applicationName)
        // Before anything is asked: a server that hangs may not answer the first question either.
        guard line.open(new.socket) else { throw Self.closed }
        do throws(PostgresError) {
            let own = try OwnSession.serverProcess(of: new) { () throws(PostgresError) in
                try PostgresConnection(connectionString, applicationName: applicationName)
            }
            _ = try new.execute(Self.standardSettings + preamble)
            process = own
        } catch {
            line.close()
            _ = consume new
            throw error
        }
        connection = consume new
    }

    /// Text output must not depend on the server's configuration.
    ///
    /// Limits meant for people must not end a commit. Not every version knows every limit.
    private static let standardSettings = """
        set client_min_messages = warning; set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 1;
        set bytea_output = 'hex';
        select set_config(name, '0', false) from pg_settings where name in ('statement_timeout', 'lock_timeout',
            'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout');
        """

    /// Closes the connection; later statements throw.
    package func close() {
        line.close()
        connection = nil
        process = 0
    }

    /// Breaks the connection now, even under a statement that waits for a server that hangs, and for good: the program ends.
    package nonisolated func interrupt() { line.cut() }

    /// Whether there is no usable connection.
    package var isBroken: Bool { connection?.isBroken ?? true }

    /// The process id of the server's end of the connection, whatever stands between; 0 when there is none.
    package var serverProcess: Int32 { connection == nil ? 0 : process }

    /// The socket of the connection, for tests that break it unseen by the server; nil when there is none.
    var socket: Int32? { connection?.socket }

    /// Makes sure that a statement would still come to the session that this connection began with.
    ///
    /// - Throws: `PostgresError` of kind `sharedSession`, or why it cannot be asked.
    package func requireOwnSession() throws(PostgresError) {
        let now = try query("select pg_backend_pid()").first?.only(Int.self)
        guard now == Int(process) else { throw .sharedSession }
    }

    private func result(of query: PostgresQuery) throws(PostgresError) -> PostgresResult {
        do throws(PostgresError) {
            guard let result = try connection?.execute(query) else { throw Self.closed }
            return result
        } catch {
            throw dropping(error)
        }
    }

    /// Lets a connection go that leads to where nothing can be done; PostgreSQL rolls back what was open.
    private func dropping(_ error: PostgresError) -> PostgresError {
        if error.course == .reconnect { close() }
        return error
    }

    private static let closed = PostgresError(.connection, message: "there is no connection to PostgreSQL")

    /// Runs a statement.
    ///
    /// - Parameter query: the statement.
    /// - Returns: its rows.
    /// - Throws: `PostgresError`.
    package func query(_ query: PostgresQuery) throws(PostgresError) -> PostgresRows {
        PostgresRows(try result(of: query))
    }

    /// Runs a statement for its effect.
    ///
    /// - Parameter query: the statement.
    /// - Returns: how many rows it changed.
    /// - Throws: `PostgresError`.
    @discardableResult
    package func run(_ query: PostgresQuery) throws(PostgresError) -> Int {
        try result(of: query).affectedRows
    }

    /// Runs several statements without values, separated by semicolons.
    ///
    /// - Parameter unsafeSQL: text that no outsider has a part in.
    /// - Throws: `PostgresError`.
    package func execute(unsafeSQL: String) throws(PostgresError) {
        do throws(PostgresError) {
            guard try connection?.execute(unsafeSQL) != nil else { throw Self.closed }
        } catch {
            throw dropping(error)
        }
    }

    /// Writes rows with `COPY BINARY`; no rows cost no round trip.
    ///
    /// - Parameters:
    ///   - table: where to, as SQL text.
    ///   - columns: the columns in the order in which the rows hold them, as SQL text.
    ///   - rows: the rows.
    /// - Throws: `PostgresError`.
    package func copy(into table: String, columns: [String], rows: CopyRows) throws(PostgresError) {
        guard !rows.isEmpty else { return }
        let expected = rows.count
        let sql = "copy \(table) (\(columns.joined(separator: ", "))) from stdin (format binary)"
        let count: Int
        do throws(PostgresError) {
            guard let written = try connection?.copy(sql, rows.finished()) else { throw Self.closed }
            count = written
        } catch {
            throw dropping(error)
        }
        guard count == expected else {
            throw PostgresError(.unexpectedResult, message: "COPY took \(count) of \(expected) rows")
        }
    }

    /// Reads what a query returns in the text format of `COPY`.
    ///
    /// - Parameters:
    ///   - unsafeSQL: the query, text that no outsider has a part in.
    ///   - line: gets every line with its line feed.
    /// - Throws: `PostgresError`.
    package func copyOut(unsafeSQL: String, _ line: @Sendable (String) -> Void) throws(PostgresError) {
        guard connection != nil else { throw Self.closed }
        try connection?.copyOut("copy (\(unsafeSQL)) to stdout (header)") {
            line(String(decoding: $0, as: UTF8.self))
        }
    }

    /// Runs `body` with nothing else in between.
    ///
    /// - Parameter body: statements that belong together.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw.
    package func perform<Result: Sendable>(
        _ body: @Sendable (isolated PostgresSession) throws -> Result
    ) throws -> Result {
        try body(self)
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Parameter body: the statements.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw, or `PostgresError`; with `isCommitOutcomeUnknown` set when the connection broke
    ///   during COMMIT.
    @discardableResult
    package func transaction<Result: Sendable>(
        _ body: @Sendable (isolated PostgresSession) throws -> Result
    ) throws -> Result {
        try execute(unsafeSQL: "begin")
        let value: Result
        do {
            value = try body(self)
        } catch {
            if connection?.isInTransaction == true {
                // The error that ended the transaction is the one to report; a failed rollback breaks the connection.
                do { try execute(unsafeSQL: "rollback") } catch { close() }
            }
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(PostgresError) {
        let tag: String
        do throws(PostgresError) {
            guard let result = try connection?.execute("commit") else { throw Self.closed }
            tag = result.tag
        } catch {
            var error = error
            error.isCommitOutcomeUnknown = error.leavesOutcomeOpen || isBroken
            throw dropping(error)
        }
        guard tag == "COMMIT" else {
            throw PostgresError(.refused, message: "a statement had failed, so PostgreSQL rolled back")
        }
    }
}
