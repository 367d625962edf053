import Console
import Runtime

/// Text for HTML and SVG.
enum Markup {
    /// Escapes text: names come from logs.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            // Other control characters are not allowed even escaped.
            case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A number with at most two decimals.
    static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
    }

    /// A share in percent with at most one decimal.
    static func percent(_ share: Double) -> String { number((share * 1000).rounded() / 10) + " %" }

    /// A report as a table.
    static func table(_ report: Report) -> String {
        let head = report.columns.map { column in
            let style = column.isNumeric ? " class=\"n\"" : ""
            return "<th\(style)>\(escaped(column.name.replacing("_", with: " ")))</th>"
        }
        let rows = report.rows.map { row in
            let cells = zip(report.columns, row).map { column, value in
                "<td\(column.isNumeric ? " class=\"n\"" : "")>\(cell(value))</td>"
            }
            return "<tr>\(cells.joined())</tr>\n"
        }
        return """
            <div class="scroll"><table><thead><tr>\(head.joined())</tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>
            """
    }

    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: "–"
        case .string(let text): escaped(text)
        default: escaped(value.text)
        }
    }
}
