package import Runtime

/// How rows are written.
package enum OutputFormat: String, Hashable, Sendable, CaseIterable {
    /// Aligned columns for people.
    case table
    /// One JSON array.
    case json
    /// One JSON object a line.
    case ndjson
    /// RFC 4180, with a header.
    case csv

    /// `--output`, for commands that print rows.
    package static let flag = Flag(
        "output",
        short: "o",
        "How rows are printed; table unless given",
        choices: allCases.map(\.rawValue)
    )
}

/// Rows of values, written as a table, JSON or CSV.
package struct Report: Sendable {
    /// A column.
    package struct Column: Hashable, Sendable {
        /// The key in JSON and CSV; in capitals the head of the table.
        package let name: String
        /// Whether a table aligns it to the right.
        package let isNumeric: Bool

        /// A column.
        ///
        /// - Parameters:
        ///   - name: lower case with underscores.
        ///   - isNumeric: whether a table aligns it to the right.
        package init(_ name: String, isNumeric: Bool = false) {
            self.name = name
            self.isNumeric = isNumeric
        }
    }

    /// The columns.
    package let columns: [Column]
    /// Rows of one value a column.
    package private(set) var rows: [[JSONValue]] = []

    /// A report without rows.
    package init(_ columns: [Column]) { self.columns = columns }

    /// Appends a row.
    ///
    /// - Parameter row: one value a column.
    /// - Precondition: `row.count == columns.count`.
    package mutating func append(_ row: [JSONValue]) {
        precondition(row.count == columns.count)
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
        case .json: terminal.write(JSONValue.array(objects).prettyText + "\n")
        case .ndjson: for object in objects { terminal.write(object.text + "\n") }
        case .csv: for line in csvLines { terminal.writeData(line) }
        }
    }

    /// The rows as JSON objects.
    var objects: [JSONValue] {
        rows.map { row in
            .object(zip(columns, row).map { JSONValue.Member($0.name, $1) })
        }
    }

    /// Comma-separated values with a header and CR LF line ends (RFC 4180).
    package var csv: String { csvLines.joined() }

    private var csvLines: [String] {
        let header = columns.map { CSV.field(.string($0.name)) }
        let lines = [header] + rows.map { $0.map(CSV.field) }
        return lines.map { $0.joined(separator: ",") + "\r\n" }
    }

    /// Aligned columns under a head in capitals.
    ///
    /// - Parameter terminal: says whether the head may be emphasised.
    /// - Returns: lines without trailing spaces.
    package func table(on terminal: Terminal) -> String {
        let head = columns.map { $0.name.uppercased().replacing("_", with: " ") }
        let cells = rows.map { $0.map(Self.cell) }
        let widths = columns.indices.map { index in
            ([head] + cells).map { displayWidth($0[index]) }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var text = ""
            for (index, cell) in cells.enumerated() {
                let space = String(repeating: " ", count: widths[index] - displayWidth(cell))
                if index > 0 { text += "  " }
                if columns[index].isNumeric {
                    text += space + cell
                } else {
                    text += index == cells.count - 1 ? cell : cell + space
                }
            }
            return text
        }
        return terminal.styled(line(head), .bold) + "\n" + cells.map { line($0) + "\n" }.joined()
    }

    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .string(let text): text.isEmpty ? "-" : printable(text)
        default: value.text
        }
    }
}

/// The terminal cells that `text` takes: two for East Asian wide and emoji, none for combining marks.
func displayWidth(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { width, scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control, .format: return width
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return width + 2
        default: return width + 1
        }
    }
}
