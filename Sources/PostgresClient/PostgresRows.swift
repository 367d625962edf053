import CLibPQ

/// The rows that a statement returned.
package struct PostgresRows: RandomAccessCollection, Sendable {
    private let result: PostgresResult

    init(_ result: PostgresResult) { self.result = result }

    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rowCount }
    package subscript(index: Int) -> PostgresRow { PostgresRow(result: result, row: index) }
}

/// One row; its columns are read in order.
package struct PostgresRow: Sendable {
    fileprivate let result: PostgresResult
    fileprivate let row: Int

    /// A reader that stands before the first column.
    package var fields: PostgresFields { PostgresFields(row: self) }

    /// The first column.
    ///
    /// - Returns: its value.
    /// - Throws: `PostgresError` when the column holds something else.
    package func only<Value: PostgresCodable>(_ type: Value.Type = Value.self) throws(PostgresError) -> Value
    {
        var fields = fields
        return try fields.next()
    }
}

/// Reads the columns of a row from left to right.
package struct PostgresFields {
    private let row: PostgresRow
    private var column = 0

    fileprivate init(row: PostgresRow) { self.row = row }

    /// The next column.
    ///
    /// - Returns: its value.
    /// - Throws: `PostgresError` when there is no such column, or it holds something else.
    package mutating func next<Value: PostgresCodable>(
        _ type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let value = row.result.withField(row.row, column, { Value(postgresField: $0) }) else {
            let name = row.result.name(column)
            throw PostgresError(
                .unexpectedResult,
                message: "column \(column + 1) (\(name)) does not hold \(Value.self)"
            )
        }
        column += 1
        return value
    }
}

/// Owns a `PGresult`.
///
/// `@unchecked Sendable`: libpq never changes a result once it is returned, and only `deinit` frees it.
final class PostgresResult: @unchecked Sendable {
    private let raw: OpaquePointer
    let rowCount: Int
    private let columnCount: Int

    init(_ raw: OpaquePointer) {
        self.raw = raw
        rowCount = Int(PQntuples(raw))
        columnCount = Int(PQnfields(raw))
    }

    deinit { PQclear(raw) }

    var status: ExecStatusType { PQresultStatus(raw) }

    /// The command tag, such as `COMMIT`.
    var tag: String { String(cString: PQcmdStatus(raw)) }

    /// How many rows a statement changed.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

    /// The first column of the first row, of a statement without values; nil where there is none.
    var text: String? {
        guard rowCount > 0, columnCount > 0, PQgetisnull(raw, 0, 0) == 0 else { return nil }
        return PQgetvalue(raw, 0, 0).map { String(cString: $0) }
    }

    func name(_ column: Int) -> String {
        PQfname(raw, Int32(column)).map { String(cString: $0) } ?? "missing"
    }

    func withField<Value>(_ row: Int, _ column: Int, _ body: (PostgresField) -> Value?) -> Value? {
        guard row < rowCount, column < columnCount else { return nil }
        let (row, column) = (Int32(row), Int32(column))
        let type = UInt32(PQftype(raw, column))
        guard PQgetisnull(raw, row, column) == 0 else { return body(PostgresField(type: type, bytes: nil)) }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(raw, row, column),
            count: Int(PQgetlength(raw, row, column))
        )
        return body(PostgresField(type: type, bytes: bytes))
    }

    /// What the server says, less anything that may quote a value.
    func error(_ statement: String) -> PostgresError {
        let sqlState = field(riskd_pg_diag_sqlstate)
        guard let sqlState else {
            // Without SQLSTATE it is libpq speaking: the connection broke.
            return PostgresError(
                .connection,
                message: "the connection to PostgreSQL broke",
                statement: statement
            )
        }
        return PostgresError(
            .refused,
            sqlState: sqlState,
            message: message(sqlState),
            statement: statement
        )
    }

    /// Classes 22 (data) and 23 (constraints) quote values in the message, so that only names are shown there;
    /// so may anything a function raises (P0).
    private func message(_ sqlState: String) -> String {
        let place = [
            ("constraint", riskd_pg_diag_constraint_name), ("table", riskd_pg_diag_table_name),
            ("column", riskd_pg_diag_column_name),
        ].compactMap { word, code in field(code).map { "\(word) \($0)" } }.joined(separator: ", ")
        let suffix = place.isEmpty ? "" : " (\(place))"
        switch sqlState.prefix(2) {
        case "22": return "PostgreSQL refused a value\(suffix)"
        case "23": return "PostgreSQL refused a row that violates a constraint\(suffix)"
        case "P0": return "a function of the database raised an error"
        default: return "PostgreSQL: \(field(riskd_pg_diag_message_primary) ?? "error")\(suffix)"
        }
    }

    private func field(_ code: Int32) -> String? {
        PQresultErrorField(raw, code).map { String(cString: $0) }
    }
}
