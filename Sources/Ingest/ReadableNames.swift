package import Domain

/// Whom a line that cannot be used names, as far as that can be read: the last text, or whole number, under `user` and
/// `model` in what is there of it.
///
/// No parser: such a line is cut, or is no JSON. A value that is cut off or has escapes in it names nobody, and what stands
/// deeper in the line than the record itself counts only where nothing stands at its own level.
package struct ReadableNames: Hashable, Sendable {
    /// Who asked.
    package private(set) var user: UserID?
    /// The model that answered.
    package private(set) var model: ModelID?

    /// As far as a search goes: what follows is the input.
    private static let reach = 64 << 10
    private static let quote = UInt8(ascii: "\"")

    /// What a line names.
    ///
    /// - Parameter line: its bytes, or the first of them.
    package init(_ line: [UInt8]) {
        var found: [Bool: (user: String?, model: String?)] = [:]
        let bytes = line.prefix(Self.reach)
        var (place, depth) = (bytes.startIndex, 0)
        while place < bytes.endIndex {
            switch bytes[place] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case Self.quote:
                guard let (key, end) = Self.text(bytes, after: place) else { break }
                place = end
                guard key == "user" || key == "model",
                    let value = Self.value(bytes, after: end)
                else { break }
                if key == "user" {
                    found[depth <= 1, default: (nil, nil)].user = value
                } else {
                    found[depth <= 1, default: (nil, nil)].model = value
                }
            default: break
            }
            place += 1
        }
        user = (found[true]?.user ?? found[false]?.user).map { UserID(boundedName($0)) }
        model = (found[true]?.model ?? found[false]?.model).map { ModelID(boundedName($0)) }
    }

    /// The text that begins behind a quote, and where its end quote is; escaped quotes do not end it.
    private static func text(_ bytes: ArraySlice<UInt8>, after quote: Int) -> (text: String?, end: Int)? {
        var place = quote + 1
        var isEscaped = false
        while place < bytes.endIndex, bytes[place] != Self.quote {
            if bytes[place] == UInt8(ascii: "\\") {
                isEscaped = true
                place += 1
            }
            place += 1
        }
        guard place < bytes.endIndex else { return nil }
        let text = isEscaped ? nil : String(validating: bytes[quote + 1..<place], as: UTF8.self)
        return (text, place)
    }

    /// The name behind a key and its colon.
    private static func value(_ bytes: ArraySlice<UInt8>, after end: Int) -> String? {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let rest = bytes[(end + 1)...].drop(while: isBlank)
        guard rest.first == UInt8(ascii: ":") else { return nil }
        let start = rest.dropFirst().drop(while: isBlank)
        if start.first == Self.quote {
            guard let text = text(bytes, after: start.startIndex)?.text, !text.isEmpty,
                !text.utf8.contains(0)
            else { return nil }
            return text
        }
        let digits = start.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty, digits.count <= 18, digits.endIndex < bytes.endIndex,
            [UInt8(ascii: ","), UInt8(ascii: "}"), 0x20].contains(bytes[digits.endIndex])
        else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }
}
