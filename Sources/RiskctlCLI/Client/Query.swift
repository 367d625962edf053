/// Parameters of a request, in order.
struct Query: Sendable, ExpressibleByDictionaryLiteral {
    private(set) var items: [(name: String, value: String)] = []

    /// Parameters; those that are nil are left out.
    init(dictionaryLiteral elements: (String, String?)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// The value of a parameter; nil removes it.
    subscript(name: String) -> String? {
        get { items.first { $0.name == name }?.value }
        set {
            items.removeAll { $0.name == name }
            if let newValue { items.append((name, newValue)) }
        }
    }

    /// Adds a parameter beside others of its name.
    mutating func add(_ name: String, _ value: String) { items.append((name, value)) }

    /// `?a=1&b=2`, percent-encoded; empty without parameters.
    var text: String {
        guard !items.isEmpty else { return "" }
        return "?" + items.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }
}

/// `text` as one segment of a path or one value of a query (RFC 3986: all but unreserved characters encoded).
func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.unicodeScalars.append(UnicodeScalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            result += "%" + (digits.count == 1 ? "0" : "") + digits
        }
    }
    return result
}
