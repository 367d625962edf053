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
    /// - Throws: `PostgresError` of kind `connection`, or what the preamble raised.
    package func reconnect() throws(PostgresError) {
        connection = nil
        let new = try PostgresConnection(connectionString, applicationName: applicationName)
        try refusePooler(new)
        _ = try new.execute(Self.standardSettings + preamble)
        connection = consume new
    }

    /// Text output must not depend on the server's configuration; limits meant for people must not end a commit.
    private static let standardSettings = """
        set client_min_messages = warning; set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 1;
        set bytea_output = 'hex'; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
        """

    /// Refuses a pooler that lends another server connection to every transaction, before anything is set that others
    /// would inherit.
    ///
    /// A pooler shows itself by the process number that it makes up for the client. One that keeps a server connection for as
    /// long as its client's is harmless; the others lend the one that was just used to the next who asks.
    private func refusePooler(_ new: borrowing PostgresConnection) throws(PostgresError) {
        let own = try Self.process(new)
        guard own != new.serverProcess else { return }
        var others: [PostgresSession.Held] = []
        for _ in 0..<Self.mostProbes {
            let other = Held(try PostgresConnection(connectionString, applicationName: applicationName))
            others.append(other)
            if try Self.process(other.connection) == own {
                throw PostgresError(
                    .refused,
                    message:
                        "a pooler lends this connection to others between two transactions (PgBouncer's pool_mode "
                        + "transaction or statement): riskd needs sessions, so connect to PostgreSQL itself or to a pool "
                        + "with pool_mode = session"
                )
            }
            // Keeps what it was lent, so that the next is lent another.
            _ = try other.connection.execute("begin")
        }
    }

    /// How many connections a pooler is asked for, to be lent one that is lent already.
    private static let mostProbes = 4

    /// A connection that is held while others are asked for.
    private final class Held {
        let connection: PostgresConnection
        init(_ connection: consuming PostgresConnection) { self.connection = connection }
    }

    private static func process(_ connection: borrowing PostgresConnection) throws(PostgresError) -> Int32 {
        let rows = PostgresRows(try connection.execute("select pg_backend_pid()" as PostgresQuery))
        return Int32(try rows.first?.only(Int.self) ?? 0)
    }

    /// Closes the connection; later statements throw.
    package func close() { connection = nil }

    /// Whether there is no usable connection.
    package var isBroken: Bool { connection?.isBroken ?? true }

    /// The process id of the server's end of the connection; 0 when there is none.
    package var serverProcess: Int32 { connection?.serverProcess ?? 0 }

    private func result(of query: PostgresQuery) throws(PostgresError) -> PostgresResult {
        guard connection != nil else { throw Self.closed }
        do throws(PostgresError) {
            guard let result = try connection?.execute(query) else { throw Self.closed }
            return result
        } catch {
            // The server has become a standby: the next connection may reach its successor.
            if error.isReadOnlyServer { connection = nil }
            throw error
        }
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
        guard try connection?.execute(unsafeSQL) != nil else { throw Self.closed }
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
        guard let count = try connection?.copy(sql, rows.finished()) else { throw Self.closed }
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
            if (error as? PostgresError)?.isReadOnlyServer == true { connection = nil }
            if connection?.isInTransaction == true {
                // The error that ended the transaction is the one to report; a failed rollback breaks the connection.
                do { try execute(unsafeSQL: "rollback") } catch { connection = nil }
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
            let isCutOff = error.sqlState?.hasPrefix("57P") ?? false
            error.isCommitOutcomeUnknown = error.kind == .connection || isCutOff || isBroken
            throw error
        }
        guard tag == "COMMIT" else {
            throw PostgresError(.refused, message: "a statement had failed, so PostgreSQL rolled back")
        }
    }
}
