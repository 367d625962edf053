package import Runtime

/// Rows of values, written as a table, JSON, YAML or CSV.
package struct Report: Sendable {
    package struct Column: Sendable {
        /// The key in JSON and CSV; in capitals the head of the table.
        package let name: String
        /// Whether a table aligns it to the right.
        package let isNumeric: Bool
        /// Whether a table that does not fit the terminal may go without it.
        package let isOptional: Bool
        /// Whether its cells are cut last of all: of half a time or level nothing is left.
        package let isFixed: Bool
        /// How a table shows a value; nil: as it is.
        package let shows: (@Sendable (JSONValue) -> String)?
        /// How a table emphasises a value.
        package let style: (@Sendable (JSONValue) -> Terminal.Style?)?

        /// A column.
        ///
        /// - Parameters:
        ///   - name: lower case with underscores.
        ///   - isNumeric: whether a table aligns it to the right.
        ///   - isOptional: whether a table that does not fit may go without it.
        ///   - isFixed: whether its cells are cut last of all.
        ///   - shows: how a table shows a value.
        ///   - style: how a table emphasises a value.
        package init(
            _ name: String,
            isNumeric: Bool = false,
            isOptional: Bool = false,
            isFixed: Bool = false,
            shows: (@Sendable (JSONValue) -> String)? = nil,
            style: (@Sendable (JSONValue) -> Terminal.Style?)? = nil
        ) {
            self.name = name
            self.isNumeric = isNumeric
            self.isOptional = isOptional
            self.isFixed = isFixed
            self.shows = shows
            self.style = style
        }

        /// The head of a table.
        var head: String { name.uppercased().replacing("_", with: " ") }

        /// The printable text of a value.
        func cell(_ value: JSONValue) -> String {
            if value == .null { return "-" }
            if let shows { return printable(shows(value)) }
            guard case .string(let text) = value else { return value.text }
            return text.isEmpty ? "-" : printable(text)
        }
    }

    package let columns: [Column]
    /// Rows of one value a column.
    package private(set) var rows: [[JSONValue]] = []
    /// What JSON and YAML show instead of the rows' values, a row each; nil: the values.
    private var whole: [Int: JSONValue] = [:]

    /// A report without rows.
    package init(_ columns: [Column]) { self.columns = columns }

    /// Appends a row.
    ///
    /// - Parameters:
    ///   - row: one value a column.
    ///   - object: what JSON and YAML show instead.
    /// - Precondition: `row.count == columns.count`.
    package mutating func append(_ row: [JSONValue], whole object: JSONValue? = nil) {
        precondition(row.count == columns.count)
        if let object { whole[rows.count] = object }
        rows.append(row)
    }

    /// Writes all rows.
    ///
    /// - Parameters:
    ///   - terminal: where to.
    ///   - format: how.
    package func write(to terminal: Terminal, as format: OutputFormat) {
        switch format {
        case .table: terminal.write(table(on: terminal))
        case .json: terminal.writeJSON(JSONValue.array(objects).prettyText + "\n")
        case .ndjson: for object in objects { terminal.writeJSON(object.text + "\n") }
        case .csv: for line in csvLines { terminal.writeData(line) }
        case .yaml: terminal.write(JSONValue.array(objects).yamlText)
        }
    }

    /// The rows as JSON objects.
    package var objects: [JSONValue] {
        rows.indices.map { index in
            whole[index] ?? .object(zip(columns, rows[index]).map { JSONValue.Member($0.name, $1) })
        }
    }

    /// Comma-separated values with a header and CR LF line ends (RFC 4180).
    package var csv: String { csvLines.joined() }

    private var csvLines: [String] { [csvHead] + rows.map(Self.csvLine) }

    /// The header of the comma-separated values.
    package var csvHead: String { Self.csvLine(columns.map { .string($0.name) }) }

    /// A line of comma-separated values.
    package static func csvLine(_ row: [JSONValue]) -> String {
        row.map(CSV.field).joined(separator: ",") + "\r\n"
    }

    /// Aligned columns under a head in capitals, fitted to the terminal.
    ///
    /// - Parameter terminal: says how wide it is and what may be emphasised.
    /// - Returns: lines without trailing spaces.
    package func table(on terminal: Terminal) -> String {
        let layout = TableLayout(self, on: terminal)
        return layout.head + rows.map(layout.line).joined()
    }
}
