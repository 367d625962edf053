/// The reference of all keys, as a YAML file that sets every key to its default.
package enum ConfigurationReference {
    /// The text of config/riskd.yaml.
    package static let yaml = render()

    private static let header = """
        # The configuration of riskd: every key with its meaning, unit, range and default.
        #
        # Only what differs from the default need be in a file. A line with # and no space after it is an example:
        # take the # away to use it. Relative paths start from this file's folder. "riskd config FILE" checks a file.

        """

    private static func render() -> String {
        var text = header
        var open: [String] = []
        for key in ConfigurationKey.all {
            let parts = key.path.split(separator: ".").map(String.init)
            let shared = zip(open, parts.dropLast()).prefix { $0 == $1 }.count
            for depth in shared..<parts.count - 1 {
                if depth == 0 { text += "\n" }
                text += sectionLine(parts, depth)
            }
            if parts.count == 1 { text += "\n" }
            // The first key of a list's element carries the dash.
            let isFirstOfElement = shared < parts.count - 1 && parts[parts.count - 2].hasSuffix("[]")
            open = Array(parts.dropLast())
            text += keyLines(key, parts, isFirstOfElement: isFirstOfElement)
        }
        return text
    }

    private static func isExample(_ parts: ArraySlice<String>) -> Bool {
        parts.contains { $0 == "NAME" || $0.hasSuffix("[]") }
    }

    private static func indent(_ parts: ArraySlice<String>) -> String {
        let levels = parts.count + parts.count { $0.hasSuffix("[]") }
        return String(repeating: "  ", count: levels)
    }

    private static func sectionLine(_ parts: [String], _ depth: Int) -> String {
        let name = parts[depth] == "NAME" ? "fashion" : parts[depth].filter { $0 != "[" && $0 != "]" }
        let mark = isExample(parts[...depth]) ? "#" : ""
        return "\(indent(parts[..<depth]))\(mark)\(name):\n"
    }

    private static func keyLines(_ key: ConfigurationKey, _ parts: [String], isFirstOfElement: Bool) -> String
    {
        let indent = indent(parts.dropLast())
        let fallback = key.defaultText ?? key.defaultNote
        var text = ""
        for sentence in [key.summary, "(\(key.note); default: \(fallback))"] {
            for line in wrapped(sentence, width: 106 - indent.count) { text += "\(indent)# \(line)\n" }
        }
        let mark = isExample(parts[...]) || key.defaultText == nil ? "#" : ""
        let value = key.path == "models.NAME.classes" ? "[tshirt, trouser]" : key.defaultText ?? key.example
        let name = parts[parts.count - 1]
        let dash = isFirstOfElement ? String(indent.dropLast(2)) + mark + "- " : indent + mark
        return text + "\(dash)\(name): \(value)\n"
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
