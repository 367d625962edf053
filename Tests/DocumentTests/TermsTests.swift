import Testing

/// docs/terms.md against the schema, the API's description and the code.
struct TermsTests {
    private let here = Repository.here

    private struct Row {
        /// The words of the first column.
        let words: [String]
        let meaning: String
    }

    /// The rows of a table of the page, below the heading or from its start.
    private func rows(below heading: String?) throws -> [Row] {
        let page = try #require(here["docs/terms.md"])
        let parts = page.text.split(separator: "\n## ", omittingEmptySubsequences: false)
        let part = try #require(
            heading.map { heading in parts.dropFirst().first { $0.hasPrefix(heading) } } ?? parts.first
        )
        let lines = part.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }
        return lines.dropFirst().compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingPrefix(" ").description }
            guard cells.count >= 2 else { return nil }
            let words = cells[0].split(separator: ",").map { word in
                String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            return Row(words: words, meaning: cells[1])
        }
    }

    /// Names that the code declares, members that the API has, and columns and tables of the schema: each with its file.
    private var names: [(name: String, place: String)] {
        var names: [(String, String)] = []
        for file in here.files {
            let pattern: Regex<(Substring, Substring)>? =
                switch file {
                case _ where file.path.hasPrefix("Sources/") && file.path.hasSuffix(".swift"):
                    #/\b(?:struct|class|enum|actor|protocol|func|let|var|case) ([A-Za-z_]\w*)/#
                case _ where file.path == "docs/openapi.yaml":
                    #/(?m)^ {8,}([a-z_]+): (?:\{|$)/#
                default: nil
                }
            guard let pattern else { continue }
            let code = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
            names += code.matches(of: pattern).map { (String($0.output.1), file.path) }
        }
        for file in here.files where file.path.hasSuffix("/Storage/Facts/ObservationRows.swift") {
            names += file.text.matches(of: #/"([a-z_]+)"/#).map { (String($0.output.1), file.path) }
        }
        return names
    }

    /// `AlertBook`, `alert_book` and `alertBook` are the words alert and book.
    private func words(_ name: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in name {
            if character == "_" || character.isUppercase, !word.isEmpty {
                words.append(word)
                word = ""
            }
            if character != "_" { word += character.lowercased() }
        }
        return word.isEmpty ? words : words + [word]
    }

    @Test func `every term is defined once`() throws {
        let terms = try rows(below: nil).flatMap(\.words)
        #expect(terms.count > 80)
        let twice = Dictionary(grouping: terms) { $0 }.filter { $1.count > 1 }.keys
        #expect(twice.isEmpty)
    }

    @Test func `every term is a word of the code, the schema or the API`() throws {
        let text = here.files.filter { file in
            file.path.hasPrefix("Sources/") && (file.path.hasSuffix(".swift") || file.path.hasSuffix(".sql"))
                || file.path == "docs/openapi.yaml"
        }.map { $0.text.lowercased() }.joined()
        let unknown = try rows(below: nil).flatMap(\.words).filter { term in
            let parts = term.lowercased().split { $0 == " " || $0 == "-" }
            return !["", "_", " ", "-"].contains { text.contains(parts.joined(separator: $0)) }
        }
        #expect(unknown.isEmpty)
    }

    @Test func `no name holds a word that is not used`() throws {
        let unused = Set(try rows(below: "Words that are not used").flatMap(\.words))
        #expect(unused.contains("notification") && unused.count >= 10)
        #expect(names.count > 10_000)
        let wrong = names.filter { !unused.isDisjoint(with: words($0.name)) }
        #expect(wrong.isEmpty, "\(wrong.map { "\($0.place): \($0.name)" }.joined(separator: "\n"))")
    }

    @Test func `no two types have one name`() {
        var places: [String: Set<String>] = [:]
        for file in here.files where file.path.hasPrefix("Sources/") && file.path.hasSuffix(".swift") {
            let types = file.text.matches(
                of: #/(?m)^(?:package |public |final |indirect )*(?:struct|class|enum|actor|protocol) (\w+)/#
            )
            for type in types { places[String(type.output.1), default: []].insert(file.path) }
        }
        #expect(places.count > 700)
        #expect(places.filter { $1.count > 1 }.isEmpty)
    }
}
