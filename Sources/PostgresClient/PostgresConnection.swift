import CLibPQ
import Glibc

/// One libpq connection; every call blocks.
struct PostgresConnection: ~Copyable {
    private let raw: OpaquePointer

    /// Connects.
    ///
    /// - Parameters:
    ///   - string: libpq's keywords and values, or a URI; never printed.
    ///   - applicationName: as `pg_stat_activity` shows it, unless the string names another.
    /// - Throws: `PostgresError` of kind `connection`.
    init(_ string: String, applicationName: String) throws(PostgresError) {
        guard let options = PQconninfoParse(string, nil) else {
            throw PostgresError(.refused, message: "the database connection string is malformed")
        }
        PQconninfoFree(options)
        // What stands before `dbname` are defaults that the string may override; what stands after it wins.
        let pairs = [
            ("fallback_application_name", applicationName), ("connect_timeout", "10"),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "20000"), ("dbname", string), ("client_encoding", "UTF8"),
        ]
        let connection = withCStrings(pairs.map(\.0)) { keywords in
            withCStrings(pairs.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let connection else {
            throw PostgresError(.connection, message: "out of memory while connecting to PostgreSQL")
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            let reason = String(cString: PQerrorMessage(connection))
            PQfinish(connection)
            let line = reason.split(separator: "\n").joined(separator: "; ")
            throw PostgresError(.connection, message: "cannot connect to PostgreSQL: \(line)")
        }
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
        raw = connection
    }

    deinit { PQfinish(raw) }

    /// Whether the connection is known to be broken.
    var isBroken: Bool { PQstatus(raw) != CONNECTION_OK }

    /// Whether a transaction is open, failed or not.
    var isInTransaction: Bool {
        let status = PQtransactionStatus(raw)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// The socket; it belongs to libpq.
    var socket: Int32 { PQsocket(raw) }

    /// The process that the other end named when the connection began: PostgreSQL's own, or a number that a pooler made up.
    var announcedProcess: Int32 { PQbackendPID(raw) }

    /// The process of the server that a statement of this connection comes to.
    ///
    /// - Parameter patience: how long to wait for an answer.
    /// - Returns: its id; nil when there is no answer in time, after which the connection is of no use.
    /// - Throws: `PostgresError`.
    borrowing func askServerProcess(within patience: Duration) throws(PostgresError) -> Int32? {
        let sql = "select pg_backend_pid()"
        guard PQsendQuery(raw, sql) == 1 else { throw broken(sql) }
        let end = ContinuousClock.now + patience
        while PQisBusy(raw) == 1 {
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            guard left > 0 else { return nil }
            var entry = pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0)
            let count = poll(&entry, 1, Int32(left.rounded(.up)))
            guard count > 0 || errno == EINTR || count == 0, PQconsumeInput(raw) == 1 else {
                throw broken(sql)
            }
        }
        let result = try lastResult(sql)
        return result.text.flatMap { Int32($0) }
    }

    /// Runs statements without values; the result is the last one's.
    borrowing func execute(_ sql: String) throws(PostgresError) -> PostgresResult {
        try checked(PQexec(raw, sql), sql)
    }

    /// Runs one statement with values; results come in the binary format.
    borrowing func execute(_ query: PostgresQuery) throws(PostgresError) -> PostgresResult {
        var buffer: [UInt8] = []
        var offsets: [Int] = []
        for parameter in query.parameters {
            offsets.append(buffer.count)
            buffer.append(contentsOf: parameter.bytes ?? [])
        }
        buffer.append(0)
        let types = query.parameters.map { Oid($0.type) }
        let lengths = query.parameters.map { Int32($0.bytes?.count ?? 0) }
        let formats = query.parameters.map { _ in Int32(1) }
        let result = buffer.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = zip(query.parameters, offsets).map { parameter, offset in
                parameter.bytes == nil ? nil : base.map { $0 + offset }
            }
            return PQexecParams(raw, query.sql, Int32(values.count), types, values, lengths, formats, 1)
        }
        return try checked(result, query.sql)
    }

    /// Sends rows to a `COPY … FROM STDIN (FORMAT binary)`.
    borrowing func copy(_ sql: String, _ bytes: [UInt8]) throws(PostgresError) -> Int {
        _ = try checked(PQexec(raw, sql), sql, expecting: PGRES_COPY_IN)
        var isSent = true
        let chunk = 1 << 20
        bytes.withUnsafeBytes { all in
            var offset = 0
            while offset < all.count, isSent {
                let count = min(chunk, all.count - offset)
                let start = all.baseAddress?.assumingMemoryBound(to: CChar.self)
                isSent = PQputCopyData(raw, start.map { $0 + offset }, Int32(count)) == 1
                offset += count
            }
        }
        _ = PQputCopyEnd(raw, nil)
        return try lastResult(sql).affectedRows
    }

    /// Receives the lines of a `COPY … TO STDOUT`, each with its line feed.
    borrowing func copyOut(_ sql: String, _ line: (UnsafeRawBufferPointer) -> Void) throws(PostgresError) {
        _ = try checked(PQexec(raw, sql), sql, expecting: PGRES_COPY_OUT)
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(raw, &buffer, 0)
            guard count > 0, let buffer else { break }
            line(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            PQfreemem(buffer)
        }
        _ = try lastResult(sql)
    }

    /// Reads results up to the end, so that the connection is ready for the next statement.
    private borrowing func lastResult(_ sql: String) throws(PostgresError) -> PostgresResult {
        var last: PostgresResult?
        while let next = PQgetResult(raw) {
            let result = PostgresResult(next)
            // The first error is the reason; what follows is its echo.
            if last?.status != PGRES_FATAL_ERROR { last = result }
            if isBroken { break }
        }
        guard let last else { throw broken(sql) }
        return try verified(last, sql)
    }

    private borrowing func checked(
        _ raw: OpaquePointer?,
        _ sql: String,
        expecting status: ExecStatusType? = nil
    ) throws(PostgresError) -> PostgresResult {
        guard let raw else { throw broken(sql) }
        return try verified(PostgresResult(raw), sql, expecting: status)
    }

    private borrowing func verified(
        _ result: PostgresResult,
        _ sql: String,
        expecting status: ExecStatusType? = nil
    ) throws(PostgresError) -> PostgresResult {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            guard status == nil else { throw unexpected(sql) }
        case PGRES_COPY_IN, PGRES_COPY_OUT:
            guard status == result.status else { throw unexpected(sql) }
        default:
            let error = result.error(sql)
            // A server that ends the session says why (57P01) before it hangs up: keep its reason.
            throw error
        }
        return result
    }

    private func broken(_ sql: String) -> PostgresError {
        PostgresError(.connection, message: "the connection to PostgreSQL broke", statement: sql)
    }

    private func unexpected(_ sql: String) -> PostgresError {
        PostgresError(.unexpectedResult, message: "a statement answered in another mode", statement: sql)
    }
}

/// Lends `strings` as a null-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes.append(contentsOf: string.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in buffer.baseAddress.map { $0 + offset }
        }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { pointers in
            guard let base = pointers.baseAddress else { preconditionFailure("an array of at least one") }
            return body(base)
        }
    }
}
