/// Comma-separated values with a header line (RFC 4180): quoted fields may hold commas, quotes and line breaks.
///
/// Empty lines are passed over.
package struct DelimitedText {
    /// The names in the first line.
    package let header: [String]
    /// The other lines' fields; a line may be shorter or longer than the header.
    package let rows: [[String]]
    /// The line, from 1, on which each of `rows` starts.
    package let lines: [Int]

    /// Parses `text`.
    package init(_ text: String) {
        var rows: [[String]] = []
        var lines: [Int] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var line = 1
        var start = 1
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "\n" { line += 1 }
            switch scalar {
            case "\"" where isQuoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case "\r" where !isQuoted: break
            case "\n" where !isQuoted && row.isEmpty && field.isEmpty: start = line
            case "\n" where !isQuoted:
                row.append(field)
                rows.append(row)
                lines.append(start)
                row = []
                field = ""
                start = line
            default: field.unicodeScalars.append(scalar)
            }
        }
        if !field.isEmpty || !row.isEmpty {
            rows.append(row + [field])
            lines.append(start)
        }
        header = rows.first ?? []
        self.rows = Array(rows.dropFirst())
        self.lines = Array(lines.dropFirst())
    }

    /// The values of a column, a row each; nil when the header lacks it.
    package func column(_ name: String) -> [String]? {
        guard let index = header.firstIndex(of: name) else { return nil }
        return rows.map { index < $0.count ? $0[index] : "" }
    }
}
