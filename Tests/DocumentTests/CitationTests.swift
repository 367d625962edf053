import Testing

/// What pages, comments and scripts cite is in the repository.
struct CitationTests {
    @Test func `every page, heading, link and source that is cited is there`() {
        let dangling = Repository.here.danglingCitations
        #expect(dangling.isEmpty, "\(dangling.map(\.description).joined(separator: "\n"))")
    }

    @Test func `the repository is read whole`() {
        let here = Repository.here
        for path in [
            "README.md", "Makefile", "Package.swift", "docs/terms.md", "config/riskd.yaml", ".ci/run",
        ] {
            #expect(here[path] != nil, "\(path)")
        }
        #expect(here.files.count { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") } > 400)
        #expect(here.files.count { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".sql") } > 20)
    }

    @Test func `every specification that the code names by its number is in the bibliography`() throws {
        let here = Repository.here
        let bibliography = try #require(here["docs/design/bibliography.md"]).text
        let known = Set(bibliography.matches(of: #/RFC (\d+)/#).map { String($0.output.1) })
        var missing: Set<String> = []
        for file in here.files where file.path.hasPrefix("Sources/") || file.path.hasPrefix("docs/") {
            for match in file.text.matches(of: #/RFC (\d{3,5})/#)
            where !known.contains(String(match.output.1)) {
                missing.insert("\(file.path): RFC \(match.output.1)")
            }
        }
        #expect(missing.isEmpty)
    }

    @Test func `every row, case and attack that a test names is on the page of trials`() throws {
        let here = Repository.here
        let page = try #require(here["docs/design/trials.md"]).text
        let listed = Set(
            page.matches(of: #/(?m)^\| (row|case|attack) (\w+) \|/#).map { "\($0.output.1) \($0.output.2)" }
        )
        #expect(listed.count > 80)
        var named: Set<String> = []
        var missing: [String] = []
        for file in here.files where file.path.hasPrefix("Tests/") && file.path.hasSuffix("Tests.swift") {
            for line in file.lines where line.contains("//") && !line.contains("RFC") {
                for match in line.matches(
                    of: #/(?i)\b(row|case|attack)s? ((?:A?\d+[a-f]?(?:, | and | to )?)+)/#
                ) {
                    let kind = match.output.1.lowercased()
                    for number in match.output.2.matches(of: #/A?\d+[a-f]?/#) {
                        named.insert("\(kind) \(number.output)")
                        if !listed.contains("\(kind) \(number.output)") {
                            missing.append("\(file.path): \(kind) \(number.output)")
                        }
                    }
                }
            }
            // In the names of these tests the numbers stand alone.
            for match in file.text.matches(of: #/\(((?:A?\d+[a-f]?(?:, )?)+)\)`\(\)/#) {
                for number in match.output.1.matches(of: #/A?\d+[a-f]?/#) {
                    let kinds = ["row", "case", "attack"].map { "\($0) \(number.output)" }
                    if listed.isDisjoint(with: kinds) { missing.append("\(file.path): \(number.output)") }
                }
            }
        }
        #expect(named.count > 30)
        #expect(missing.isEmpty)
    }

    @Test func `every test that the threat model names is there`() throws {
        let here = Repository.here
        let tests = here.files.filter { $0.path.hasPrefix("Tests/") }.map(\.text)
        let named = try #require(here["docs/threat-model.md"]).text.matches(
            of: #/(?:^|[^*])\*([^*\n]{12,})\*/#
        )
        .map { String($0.output.1) }
        #expect(named.count > 50)
        let missing = named.filter { name in
            !tests.contains { $0.contains("`\(name)`(") || $0.contains("\"\(name)\"") }
        }
        #expect(missing.isEmpty)
    }

    /// A repository of one page with two headings and one source, and the file at hand.
    private func faults(_ path: String, _ text: String) -> [String] {
        let page = "# Terms\n\n## Several logs\n\n```\n# no heading\n```\n"
        let files = [
            Repository.File(path: "docs/terms.md", text: page), Repository.File(path: path, text: text),
        ]
        return Repository(
            paths: ["docs", "docs/terms.md", "Sources/Room", "Sources/Room/File.swift", path],
            files: files
        ).danglingCitations.map(\.description)
    }

    /// Names that end as pages do are put together here, so that this file cites nothing by them.
    private let end = ".md"

    @Test func `a citation that leads nowhere is found, with its line`() {
        #expect(
            faults("Sources/Room/File.swift", "///\n/// As LOST\(end) 2.2 says.") == [
                "Sources/Room/File.swift:2: there is no page LOST\(end)"
            ]
        )
        #expect(
            faults("Sources/Room/File.swift", "// terms\(end)") == [
                "Sources/Room/File.swift:1: there is no page terms\(end)"
            ]
        )
        #expect(
            faults("Sources/Room/File.swift", "// docs/terms\(end)#no-heading") == [
                "Sources/Room/File.swift:1: docs/terms\(end) has no heading #no-heading"
            ]
        )
        #expect(
            faults("Sources/Room/File.swift", "// docs/terms\(end), \"Sever\n/// al\"") == [
                "Sources/Room/File.swift:1: docs/terms\(end) has no heading “Sever al”"
            ]
        )
        #expect(
            faults("docs/a\(end)", "[a](b.png) and [c](terms\(end)#x)\n`Lost.swift`, Sources/Room/Lost.swift")
                == [
                    "docs/a\(end):1: docs/terms\(end) has no heading #x",
                    "docs/a\(end):1: the link b.png leads nowhere",
                    "docs/a\(end):1: docs/terms\(end) has no heading #x",
                    "docs/a\(end):2: there is no Sources/Room/Lost.swift",
                    "docs/a\(end):2: there is no file Lost.swift",
                ]
        )
        #expect(faults("docs/a\(end)", "[a](../../b)") == ["docs/a\(end):1: the link ../../b leads nowhere"])
    }

    @Test func `a citation that leads somewhere is left alone`() {
        #expect(faults("Sources/Room/File.swift", "// docs/terms\(end)#several-logs") == [])
        #expect(
            faults("Sources/Room/File.swift", "/// (docs/terms\(end), \"Several\n/// logs\"). docs/*\(end)")
                == []
        )
        #expect(
            faults("config/x.service", "/usr/share/doc/riskd/terms\(end) https://example.org/a\(end)") == []
        )
        #expect(
            faults("docs/a\(end)", "[a](terms\(end)#several-logs), [b](#top), `x](y)`, Sources/Room/*\n# Top")
                == []
        )
        #expect(
            faults("docs/a\(end)", "`File.swift` and Sources/Room/File.swift. The card is encoder.onnx\(end)")
                == []
        )
    }
}
