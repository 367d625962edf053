/// Says whether bytes are one JSON value (RFC 8259).
struct JSONSyntax {
    private let bytes: [UInt8]
    private var index = 0

    /// The line, from 1 on, at which `bytes` stop being JSON; nil when they are.
    static func firstError(in bytes: [UInt8]) -> Int? {
        var syntax = JSONSyntax(bytes: bytes)
        if syntax.value(depth: 0), syntax.isAtEnd { return nil }
        return bytes.prefix(syntax.index).count { $0 == 10 } + 1
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var isAtEnd: Bool { index == bytes.count }

    private mutating func skipBlanks() {
        while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
    }

    private mutating func accept(_ text: StaticString) -> Bool {
        let end = index + text.utf8CodeUnitCount
        let matches = text.withUTF8Buffer { end <= bytes.count && bytes[index..<end].elementsEqual($0) }
        if matches { index = end }
        return matches
    }

    /// A value with the blanks around it.
    private mutating func value(depth: Int) -> Bool {
        skipBlanks()
        defer { skipBlanks() }
        guard index < bytes.count, depth < 64 else { return false }
        switch bytes[index] {
        case UInt8(ascii: "{"): return list("{", "}") { $0.member(depth: depth) }
        case UInt8(ascii: "["): return list("[", "]") { $0.value(depth: depth + 1) }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return accept("true")
        case UInt8(ascii: "f"): return accept("false")
        case UInt8(ascii: "n"): return accept("null")
        default: return number()
        }
    }

    private mutating func list(
        _ open: StaticString,
        _ close: StaticString,
        _ element: (inout JSONSyntax) -> Bool
    ) -> Bool {
        guard accept(open) else { return false }
        skipBlanks()
        if accept(close) { return true }
        repeat {
            guard element(&self) else { return false }
        } while accept(",")
        return accept(close)
    }

    private mutating func member(depth: Int) -> Bool {
        skipBlanks()
        guard string() else { return false }
        skipBlanks()
        return accept(":") && value(depth: depth + 1)
    }

    private mutating func string() -> Bool {
        guard accept("\"") else { return false }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): if !escape() { return false }
            case 0..<32: return false
            default: break
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard index < bytes.count else { return false }
        let byte = bytes[index]
        index += 1
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        for _ in 0..<4 {
            guard index < bytes.count, "0123456789abcdefABCDEF".utf8.contains(bytes[index]) else {
                return false
            }
            index += 1
        }
        return true
    }

    private mutating func number() -> Bool {
        _ = accept("-")
        guard accept("0") || digits() else { return false }
        if accept("."), !digits() { return false }
        guard accept("e") || accept("E") else { return true }
        _ = accept("+") || accept("-")
        return digits()
    }

    private mutating func digits() -> Bool {
        let start = index
        while index < bytes.count, (48...57).contains(bytes[index]) { index += 1 }
        return index > start
    }
}
