import Glibc

/// Names of files as texts, whatever bytes they consist of.
///
/// The system knows bytes. A name that is UTF-8 is its text; a byte that is not is written `\xHH`, and a backslash that would be read
/// as the beginning of such a byte is written so itself, so that every name has one text and every text one name.
enum SystemPath {
    /// The text of a name.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        let array = Array(bytes)
        if let text = String(validating: array, as: UTF8.self), !text.utf8.contains(backslash) { return text }
        var result = ""
        var index = 0
        while index < array.count {
            let rest = array[index...]
            if rest.first == backslash, rest.dropFirst().first == UInt8(ascii: "x") {
                result += escaped(backslash)
                index += 1
            } else if let length = (1...4).first(where: { length in
                length <= rest.count && String(validating: rest.prefix(length), as: UTF8.self) != nil
            }) {
                result += String(decoding: rest.prefix(length), as: UTF8.self)
                index += length
            } else {
                result += escaped(array[index])
                index += 1
            }
        }
        return result
    }

    /// The name that a text stands for, without the zero at its end.
    static func bytes(_ text: String) -> [UInt8] {
        let utf8 = Array(text.utf8)
        guard utf8.contains(backslash) else { return utf8 }
        var result: [UInt8] = []
        var index = 0
        while index < utf8.count {
            if utf8[index] == backslash, index + 3 < utf8.count, utf8[index + 1] == UInt8(ascii: "x"),
                let high = digit(utf8[index + 2]), let low = digit(utf8[index + 3])
            {
                result.append(high << 4 | low)
                index += 4
            } else {
                result.append(utf8[index])
                index += 1
            }
        }
        return result
    }

    /// Lends the name that a text stands for to a call of the system.
    static func with<Result>(_ text: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (bytes(text) + [0]).withUnsafeBytes { raw in
            body(raw.bindMemory(to: CChar.self).baseAddress.unsafelyUnwrapped)
        }
    }

    /// The name of the folder that a path lies in, with its slash.
    static func folder(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "./"
    }

    /// What a path has behind its last slash.
    static func base(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    private static let backslash = UInt8(ascii: "\\")

    private static func escaped(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
