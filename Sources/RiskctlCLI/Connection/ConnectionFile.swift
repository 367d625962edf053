import Console
import Glibc

/// The file `riskctl/config` in the user's configuration directory: `url` or `socket`, `token_file` and `ca_file`.
struct ConnectionFile {
    /// Values by key.
    let values: [String: String]

    private static let keys = ["url", "socket", "token_file", "ca_file"]

    /// Reads a file of lines `KEY: VALUE`; what follows a `#` at the beginning of a line or behind a blank is a comment.
    ///
    /// - Throws: `CommandFailure`, which names file and line.
    init(_ text: String, path: String) throws(CommandFailure) {
        var values: [String: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = Self.withoutComment(String(line))
            if content.isEmpty { continue }
            guard let colon = content.firstIndex(of: ":") else {
                throw CommandFailure(
                    "\(path):\(index + 1): expected KEY: VALUE, such as url: https://riskd.example.org"
                )
            }
            let key = Self.trimmed(String(content[..<colon]))
            let value = Self.trimmed(String(content[content.index(after: colon)...]))
            guard Self.keys.contains(key) else {
                let known = Self.keys.joined(separator: ", ")
                let hint =
                    key == "token" ? "; keep the token in a file of its own, and name it as token_file" : ""
                throw CommandFailure("\(path):\(index + 1): unknown key '\(key)': there are \(known)\(hint)")
            }
            guard !value.isEmpty else { throw CommandFailure("\(path):\(index + 1): \(key) has no value") }
            guard values[key] == nil else {
                throw CommandFailure("\(path):\(index + 1): \(key) is given twice")
            }
            values[key] = value
        }
        self.values = values
    }

    private static func withoutComment(_ line: String) -> String {
        var previous: Character = " "
        var kept = ""
        for character in line {
            if character == "#", previous == " " || previous == "\t" { break }
            kept.append(character)
            previous = character
        }
        return trimmed(kept)
    }

    private static func trimmed(_ text: String) -> String {
        func isBlank(_ character: Character) -> Bool {
            character == " " || character == "\t" || character == "\r"
        }
        let start = text.drop(while: isBlank)
        return String(start.prefix(start.count - start.reversed().prefix(while: isBlank).count))
    }
}
