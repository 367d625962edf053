/// Comma-separated values.
package enum CSV {
    /// One field, quoted where RFC 4180 says so, and never a formula to a spreadsheet.
    ///
    /// - Parameter value: of the field.
    /// - Returns: its text, without a comma.
    package static func field(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .string(let text): return quoted(isFormula(text) ? "'" + text : text)
        default: return quoted(value.text)
        }
    }

    /// Whether a spreadsheet would compute `text`: user ids are attacker-controlled.
    private static func isFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) else {
            return false
        }
        let isPlain = text.utf8.allSatisfy { "0123456789.+-eE".utf8.contains($0) }
        return !(isPlain && Double(text) != nil)
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
