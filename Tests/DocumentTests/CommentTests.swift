import Testing

/// Comments say what the declaration below them does not.
struct CommentTests {
    private static let idle: Set<String> = [
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "had", "has", "have", "how", "in", "is", "it",
        "its", "of", "on", "one", "or", "that", "the", "this", "to", "was", "were", "what", "when", "where",
        "which", "who", "whom", "whose", "with", "all",
    ]

    /// `alertBooks` is alert and book.
    private static func words(_ name: Substring) -> [String] {
        name.matches(of: #/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/#).map { stem($0.output.lowercased()) }
    }

    private static func stem(_ word: String) -> String {
        if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
        let ending = ["ing", "ed", "es", "s"].first { word.hasSuffix($0) && word.count - $0.count >= 3 }
        return String(word.dropLast(ending?.count ?? 0))
    }

    /// Whether a comment of one line has no word that the name, or for an initialiser its type, has not.
    static func repeats(_ comment: Substring, _ names: [Substring]) -> Bool {
        // What names a key or a variable says where a value is from.
        guard !comment.contains("`"), !comment.contains(where: \.isNumber) else { return false }
        let known = Set(names.flatMap(words))
        return comment.lowercased().matches(of: #/[a-z]+/#).map { String($0.output) }
            .allSatisfy { idle.contains($0) || known.contains(stem($0)) }
    }

    @Test(arguments: [
        ("The name.", "name", true), ("Its endpoints.", "endpoint", true), ("When it was.", "time", true),
        ("The endpoint's name, unique.", "name", false), ("`alerting.*`.", "Alerting", false),
        ("In milliseconds.", "duration", false),
    ])
    func `a comment that only repeats a name is one`(comment: String, name: String, isOne: Bool) {
        #expect(Self.repeats(comment[...], [name[...]]) == isOne)
    }

    @Test func `no comment only repeats the name`() {
        var empty: [String] = []
        var comments = 0
        let declaration =
            #/\s*(?:@\w+(?:\([^)]*\))? )*(?:[a-z]+(?:\(set\))? )*?(struct|class|enum|actor|protocol|func|let|var|case|init)\b\??(?: (\w+))?/#
        for file in Repository.here.files
        where file.path.hasPrefix("Sources/") && file.path.hasSuffix(".swift") {
            var type: Substring = ""
            for (number, line) in file.lines.enumerated() {
                guard let match = line.prefixMatch(of: declaration) else { continue }
                let (kind, name) = (match.output.1, match.output.2 ?? "")
                if ["struct", "class", "enum", "actor", "protocol"].contains(kind) { type = name }
                let above = file.lines[..<number].reversed()
                    .prefix { $0.contains(#/^\s*(?:\/\/\/|@)/#) }.filter { $0.contains("///") }
                guard above.count == 1, let comment = above.first?.split(separator: "///").last else {
                    continue
                }
                comments += 1
                if Self.repeats(comment, kind == "init" ? [type] : [name]) {
                    empty.append("\(file.path):\(number): \(comment)")
                }
            }
        }
        #expect(comments > 2000)
        #expect(empty.isEmpty, "\(empty.joined(separator: "\n"))")
    }
}
