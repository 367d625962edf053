package import Domain
import PostgresClient

/// A row of a dataset.
package struct AuditRow: Hashable, Sendable {
    /// A JSON object on one line; times are RFC 3339.
    package let json: String
    /// The values of its columns, in the dataset's order.
    ///
    /// Numbers, lists and times as JSON has them, nothing as ""; empty where they were not asked for.
    package let values: [String]
    /// Its key, in PostgreSQL's text form.
    package let key: [String]
}

extension Store {
    /// The columns of a dataset, in order.
    ///
    /// - Throws: `StorageError.database`.
    package func columns(of dataset: AuditDataset) async throws(StorageError) -> [String] {
        try await storing { try await session.perform { try Self.columns($0, dataset).map(\.name) } }
    }

    private static func columns(
        _ session: isolated PostgresSession,
        _ dataset: AuditDataset
    ) throws -> [(name: String, type: String)] {
        try session.query(
            """
            select attname::text, format_type(atttypid, atttypmod) from pg_attribute
            where attrelid = to_regclass(\("riskd_audit." + dataset.name)) and attnum > 0 and not attisdropped
            order by attnum
            """
        ).map { row in
            var fields = row.fields
            return (try fields.next(), try fields.next())
        }
    }

    /// Rows of a dataset, in the order of its key.
    ///
    /// - Parameters:
    ///   - dataset: which.
    ///   - selection: which of its rows.
    ///   - key: the last row's, where a page goes on.
    ///   - limit: how many at most.
    /// - Returns: the rows.
    /// - Throws: `StorageError.database`; `.unknownColumn` for a condition on a column that there is not.
    package func auditRows(
        _ dataset: AuditDataset,
        _ selection: AuditSelection,
        after key: [String]? = nil,
        limit: Int
    ) async throws(StorageError) -> [AuditRow] {
        try await storing {
            try await session.perform { session in
                let columns = try Self.columns(session, dataset)
                let query = try Self.rows(dataset, columns, selection, after: key, limit: limit)
                return try Self.read(try session.query(query), dataset)
            }
        }
    }

    /// Lends every row of some datasets, in the order of their keys, as of one moment; at most some thousands are in
    /// memory at once.
    ///
    /// - Parameters:
    ///   - datasets: which, one after the other.
    ///   - selection: which of their rows; conditions on columns hold for datasets that have them.
    ///   - hasValues: whether rows come with their columns' values beside their JSON.
    ///   - body: gets the dataset, its columns, and rows; the first time, and perhaps the only, with none.
    /// - Throws: `StorageError.database`, or what `body` threw.
    package func auditExport(
        _ datasets: [AuditDataset],
        _ selection: AuditSelection,
        hasValues: Bool,
        _ body: @escaping @Sendable (AuditDataset, [String], [AuditRow]) throws -> Void
    ) async throws {
        try await session.transaction { session in
            try session.execute(unsafeSQL: Self.snapshot)
            for dataset in datasets {
                let columns = try Self.columns(session, dataset)
                let query = try Self.rows(
                    dataset,
                    columns,
                    selection,
                    hasValues: hasValues,
                    prefix: "declare riskd_rows no scroll cursor for "
                )
                try session.run(query)
                try body(dataset, columns.map(\.name), [])
                while true {
                    let rows = try Self.read(try session.query("fetch 2000 from riskd_rows"), dataset)
                    if rows.isEmpty { break }
                    try body(dataset, columns.map(\.name), rows)
                }
                try session.execute(unsafeSQL: "close riskd_rows")
            }
        }
    }

    /// Lends every notice of an alert, in order, as of one moment.
    ///
    /// - Parameters:
    ///   - selection: which, by event time; conditions on columns do not count.
    ///   - body: gets some hundreds at a time; the first time, and perhaps the only, none.
    /// - Throws: `StorageError.database` or `.corrupt`, or what `body` threw.
    package func exportNotices(
        _ selection: AuditSelection,
        _ body: @escaping @Sendable ([AlertNotice]) throws -> Void
    ) async throws {
        try await session.transaction { session in
            try session.execute(unsafeSQL: Self.snapshot)
            try session.run(
                """
                declare riskd_rows no scroll cursor for
                select number, type, event, silent, snapshot from riskd.alert_notice
                where event is not null and time >= coalesce(\(selection.since?.postgres), '-infinity')
                    and time < coalesce(\(selection.until?.postgres), 'infinity') order by number
                """
            )
            try body([])
            while true {
                let notices = try session.query("fetch 500 from riskd_rows").map {
                    try Self.notice($0).notice
                }
                if notices.isEmpty { break }
                try body(notices)
            }
        }
    }

    /// Reads see one moment, and are planned for all rows.
    private static let snapshot = """
        set transaction isolation level repeatable read, read only; set local cursor_tuple_fraction = 1.0
        """

    private static func read(_ rows: PostgresRows, _ dataset: AuditDataset) throws -> [AuditRow] {
        try rows.map { row in
            var fields = row.fields
            return AuditRow(json: try fields.next(), values: try fields.next(), key: try fields.next())
        }
    }

    private static func rows(
        _ dataset: AuditDataset,
        _ columns: [(name: String, type: String)],
        _ selection: AuditSelection,
        after key: [String]? = nil,
        limit: Int? = nil,
        hasValues: Bool = true,
        prefix: String = ""
    ) throws(StorageError) -> PostgresQuery {
        let values = columns.map { "coalesce(to_json(v.\($0.name)) #>> '{}', '')" }.joined(separator: ", ")
        // They cost the server as much as the JSON.
        let shown = hasValues ? "array[\(values)]" : "array[]::text[]"
        let keys = dataset.keys.map { "v.\($0.column)::text" }.joined(separator: ", ")
        var text = PostgresQuery.StringInterpolation(literalCapacity: 1000, interpolationCount: 16)
        text.appendInterpolation(
            unsafeSQL: """
                \(prefix)select row_to_json(v)::text, \(shown), array[\(keys)] from riskd_audit.\(dataset.name) v
                where true
                """
        )
        if let since = selection.since {
            text.appendLiteral(" and v.time >= ")
            text.appendInterpolation(since.postgres)
        }
        if let until = selection.until {
            text.appendLiteral(" and v.time < ")
            text.appendInterpolation(until.postgres)
        }
        for match in selection.matches {
            guard let column = columns.first(where: { $0.name == match.column }) else {
                // An export of many datasets is cut where it can be.
                if limit == nil { continue }
                throw .unknownColumn(match.column, known: columns.map(\.name))
            }
            text.appendInterpolation(unsafeSQL: " and v.\(column.name)::text = ")
            text.appendInterpolation(match.value)
        }
        if let key, key.count == dataset.keys.count {
            let left = dataset.order
            text.appendInterpolation(unsafeSQL: " and (\(left)) > (")
            for (index, (part, value)) in zip(dataset.keys, key).enumerated() {
                text.appendLiteral(index == 0 ? "" : ", ")
                text.appendInterpolation(value)
                text.appendInterpolation(unsafeSQL: "::text::\(part.type)")
            }
            text.appendLiteral(")")
        }
        text.appendInterpolation(unsafeSQL: " order by \(dataset.order)")
        if let limit {
            text.appendLiteral(" limit ")
            text.appendInterpolation(limit)
        }
        return PostgresQuery(stringInterpolation: text)
    }
}
