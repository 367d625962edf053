/// A JSON value that has exactly one spelling, so that its bytes can be hashed.
///
/// No spaces, keys in byte order, strings escaped only where JSON demands it, numbers in their shortest exact form.
enum CanonicalJSON {
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([CanonicalJSON])
    case object([String: CanonicalJSON])

    static func integers(_ values: some Sequence<Int64>) -> CanonicalJSON {
        .array(values.map { .integer($0) })
    }

    /// The spelling, in UTF-8.
    var bytes: [UInt8] { Array(text.utf8) }

    private var text: String {
        switch self {
        case .integer(let value): return String(value)
        case .number(let value): return value.description
        case .string(let value): return quoted(value)
        case .array(let values): return "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let values):
            let sorted = values.sorted { precedes($0.key, $1.key) }
            return "{" + sorted.map { quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }
}

private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\u{0}"..<"\u{20}":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
