extension JSONValue {
    /// Parses a JSON text (RFC 8259); the order of keys is kept, and of equal keys each.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - depth: how deep values may nest.
    /// - Throws: `JSONSyntaxError`.
    package init(parsing bytes: some Sequence<UInt8>, depth: Int = 64) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes: Array(bytes), depth: depth)
        self = try parser.document()
    }

    /// The value of a key; null where there is none or this is no object.
    package subscript(_ key: String) -> JSONValue {
        guard case .object(let members) = self else { return .null }
        return members.first { $0.key == key }?.value ?? .null
    }

    /// The text of a string; nil of anything else.
    package var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The number; nil of anything else.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The whole number; nil of anything else.
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// Whether it is true; nil of what is no Boolean.
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements of an array; none of anything else.
    package var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }

    /// The members of an object, in order; of anything else none.
    package var members: [Member] { if case .object(let members) = self { members } else { [] } }
}

/// A text that is not JSON.
package struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// Where, in bytes from the beginning.
    package let offset: Int
    /// What is wrong.
    package let reason: String

    package var description: String { "this is not JSON: \(reason) at byte \(offset)" }
}

/// A recursive descent over bytes.
private struct JSONParser {
    let bytes: [UInt8]
    var depth: Int
    var place = 0

    init(bytes: [UInt8], depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value()
        skipBlanks()
        guard place == bytes.count else { throw error("something follows the value") }
        return value
    }

    private func error(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: place, reason: reason) }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { place += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONSyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONSyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        guard depth > 0 else { throw error("values nest too deeply") }
        depth -= 1
        place += 1
        let value = try body(&self)
        depth += 1
        return value
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        guard bytes[place...].starts(with: text.utf8) else { throw error("an unknown word") }
        place += text.utf8.count
        return value
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        skipBlanks()
        if accept("]") { return .array([]) }
        while true {
            elements.append(try value())
            skipBlanks()
            if accept("]") { return .array(elements) }
            guard accept(",") else { throw error("',' or ']' is missing") }
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        var members: [JSONValue.Member] = []
        skipBlanks()
        if accept("}") { return .object([JSONValue.Member]()) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw error("a key is missing") }
            let key = try string()
            skipBlanks()
            guard accept(":") else { throw error("':' is missing") }
            members.append(JSONValue.Member(key, try value()))
            skipBlanks()
            if accept("}") { return .object(members) }
            guard accept(",") else { throw error("',' or '}' is missing") }
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = place
        _ = accept("-")
        let first = next
        let whole = digits()
        guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else {
            throw error("a value is missing or wrong")
        }
        var isWhole = true
        if accept(".") {
            isWhole = false
            guard digits() > 0 else { throw error("a digit is missing") }
        }
        if accept("e") || accept("E") {
            isWhole = false
            if !accept("+") { _ = accept("-") }
            guard digits() > 0 else { throw error("a digit is missing") }
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw error("a number is too large") }
        return .number(number)
    }

    private mutating func digits() -> Int {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                guard let valid = String(validating: text, as: UTF8.self) else {
                    throw error("a string is not UTF-8")
                }
                return valid
            case UInt8(ascii: "\\"): text += try escape().utf8
            case 0..<0x20: throw error("a control character in a string")
            default:
                text.append(byte)
                place += 1
            }
        }
        throw error("a string has no end")
    }

    private mutating func escape() throws(JSONSyntaxError) -> String {
        place += 1
        guard let byte = next else { throw error("a string has no end") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var units = [try unit()]
            if UTF16.isLeadSurrogate(units[0]) {
                guard accept("\\"), accept("u") else { throw error("half of a surrogate pair") }
                units.append(try unit())
            }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw error("half of a surrogate pair")
            }
            return text
        default: throw error("an unknown escape sequence")
        }
    }

    private mutating func unit() throws(JSONSyntaxError) -> UInt16 {
        guard place + 4 <= bytes.count,
            bytes[place..<place + 4].allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are missing") }
        place += 4
        return unit
    }
}
