/// base64url of RFC 4648 without padding.
package func base64url(_ bytes: [UInt8]) -> String {
    var text = ""
    for character in base64(bytes).unicodeScalars where character != "=" {
        switch character {
        case "+": text += "-"
        case "/": text += "_"
        default: text.unicodeScalars.append(character)
        }
    }
    return text
}

/// The bytes of base64url without padding; nil when it is none.
package func bytes(base64url text: String) -> [UInt8]? {
    var digits = ""
    for character in text.unicodeScalars {
        switch character {
        case "-": digits += "+"
        case "_": digits += "/"
        case "+", "/", "=": return nil
        default: digits.unicodeScalars.append(character)
        }
    }
    while digits.utf8.count % 4 != 0 { digits += "=" }
    return bytes(base64: digits)
}
