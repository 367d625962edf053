import Foundation

/// A body as it came: a JSON value that nothing has been asked of yet.
enum JSONNode: Decodable, Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONNode])
    case object([String: JSONNode])

    /// How deep values may nest.
    static let mostDepth = 16

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONNode].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONNode].self))
        }
    }

    /// Parses a body.
    ///
    /// - Throws: `invalid`.
    static func parse(_ bytes: [UInt8]) throws(APIFailure) -> JSONNode {
        guard depth(of: bytes) <= mostDepth else { throw .invalid("", "the JSON is nested too deeply") }
        do {
            return try JSONDecoder().decode(JSONNode.self, from: Data(bytes))
        } catch {
            throw .invalid("", "the body is not JSON")
        }
    }

    /// How deep brackets nest outside of strings.
    private static func depth(of bytes: [UInt8]) -> Int {
        var (depth, deepest, isText, isEscaped) = (0, 0, false, false)
        for byte in bytes {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }
}
