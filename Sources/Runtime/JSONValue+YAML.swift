extension JSONValue {
    /// The value as a YAML document of block style, which ends with a line break; strings that YAML could take for
    /// something else, in version 1.1 either, and those with anything unusual in them are quoted.
    package var yamlText: String {
        var text = ""
        writeYAML(into: &text, indent: 0, isInLine: false)
        return text
    }

    private func writeYAML(into text: inout String, indent: Int, isInLine: Bool) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            if isInLine { text += "\n" }
            for element in elements {
                text += String(repeating: " ", count: indent) + "- "
                element.writeYAML(inItem: &text, indent: indent + 2)
            }
        case .object(let members) where !members.isEmpty:
            if isInLine { text += "\n" }
            for member in members {
                text += String(repeating: " ", count: indent)
                member.writeYAML(into: &text, indent: indent)
            }
        default: text += (isInLine ? " " : "") + yamlScalar + "\n"
        }
    }

    /// Behind the dash of a sequence: the first line of a mapping or sequence stands there too.
    private func writeYAML(inItem text: inout String, indent: Int) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                text += index == 0 ? "- " : String(repeating: " ", count: indent) + "- "
                element.writeYAML(inItem: &text, indent: indent + 2)
            }
        case .object(let members) where !members.isEmpty:
            for (index, member) in members.enumerated() {
                if index > 0 { text += String(repeating: " ", count: indent) }
                member.writeYAML(into: &text, indent: indent)
            }
        default: text += yamlScalar + "\n"
        }
    }

    fileprivate func writeYAML(asValueIn text: inout String, indent: Int) {
        writeYAML(into: &text, indent: indent, isInLine: true)
    }

    /// The text of a value without parts.
    fileprivate var yamlScalar: String {
        // YAML 1.1 takes 8e-05 for a string, and 8.0e-05 for a number.
        if case .number = self, !text.contains("."), let exponent = text.firstIndex(of: "e") {
            return text[..<exponent] + ".0" + text[exponent...]
        }
        guard case .string(let string) = self else { return text }
        return isPlainYAML(string) ? string : escapingControls(text)
    }
}

extension JSONValue.Member {
    fileprivate func writeYAML(into text: inout String, indent: Int) {
        text += JSONValue.string(key).yamlScalar + ":"
        value.writeYAML(asValueIn: &text, indent: indent + 2)
    }
}

/// Words that some version of YAML takes for something else than a string.
private let yamlWords: Set<String> = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf",
]

/// Whether a string stands for itself without quotes.
///
/// It begins with a letter and goes on with what means nothing to YAML, which excludes numbers, dates and indicators.
private func isPlainYAML(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.last != UInt8(ascii: " "),
        !yamlWords.contains(text.lowercased())
    else { return false }
    return text.utf8.allSatisfy { isLetter($0) || " 0123456789_-./@+".utf8.contains($0) }
}

private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
