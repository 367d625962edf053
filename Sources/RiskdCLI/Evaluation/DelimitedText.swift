/// Comma-separated values with a header line (RFC 4180): quoted fields may hold commas, quotes and line breaks.
struct DelimitedText {
    /// The names in the first line.
    let header: [String]
    /// The other lines' fields; a line may be shorter or longer than the header.
    let rows: [[String]]

    /// Parses `text`.
    init(_ text: String) {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"" where isQuoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case "\r" where !isQuoted: break
            case "\n" where !isQuoted:
                row.append(field)
                rows.append(row)
                row = []
                field = ""
            default: field.unicodeScalars.append(scalar)
            }
        }
        if !field.isEmpty || !row.isEmpty { rows.append(row + [field]) }
        header = rows.first ?? []
        self.rows = Array(rows.dropFirst())
    }

    /// The values of a column, a row each; nil when the header lacks it.
    func column(_ name: String) -> [String]? {
        guard let index = header.firstIndex(of: name) else { return nil }
        return rows.map { index < $0.count ? $0[index] : "" }
    }
}
