import Configuration
import Testing

/// A default that a page states is the one in the table of keys.
///
/// Pages write `key` (default VALUE), with the value as config/riskd.yaml has it; more may follow after a comma or a
/// semicolon.
struct DefaultTests {
    private static let defaults: [String: String] = Dictionary(
        uniqueKeysWithValues: ConfigurationKey.all.map { ($0.path, $0.defaultText ?? $0.defaultNote) }
    )

    /// What pages say of keys in the brackets behind them that is not the table's default.
    static func faults(in file: Repository.File) -> [String] {
        file.text.matches(of: #/`([a-z_]+(?:\.[a-z_]+)+)`\s+\(([^)]*)\)/#).compactMap { match in
            let (key, said) = (String(match.output.1), String(match.output.2))
            guard let known = defaults[key] else {
                return said.hasPrefix("default") ? "\(file.path): there is no key \(key)" : nil
            }
            guard said.hasPrefix("default ") else {
                // A value in brackets is taken for the default; prose is not.
                let isValue = said.first?.isNumber == true || said == known
                return isValue ? "\(file.path): `\(key)` (\(said)): write (default \(known))" : nil
            }
            let value = said.dropFirst(8)
            let isRight = value == known || value.hasPrefix(known + ",") || value.hasPrefix(known + ";")
            return isRight ? nil : "\(file.path): `\(key)` (\(said)): the default is \(known)"
        }
    }

    @Test func `every default that a page states is the key's`() {
        // The history of changes says what was so once.
        let pages = Repository.here.files.filter { $0.isPage && $0.path != "CHANGELOG.md" }
        let faults = pages.flatMap(Self.faults)
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
        let stated = pages.reduce(0) { $0 + $1.text.matches(of: #/` \(default /#).count }
        #expect(stated >= 15, "the convention is in use")
    }

    @Test func `a default that is not the key's is found`() {
        func faults(_ text: String) -> [String] { Self.faults(in: .init(path: "a", text: text)) }
        #expect(faults("`scoring.hold` (default 120)") == [])
        #expect(faults("`scoring.hold`\n(default 120; 12 once)") == [])
        #expect(
            faults("`scoring.hold` (default 12)") == ["a: `scoring.hold` (default 12): the default is 120"]
        )
        #expect(faults("`scoring.hold` (default 1200)").count == 1)
        #expect(faults("`scoring.hold` (12 ticks)") == ["a: `scoring.hold` (12 ticks): write (default 120)"])
        #expect(faults("`scoring.holt` (default 12)") == ["a: there is no key scoring.holt"])
        #expect(faults("`scoring.hold` (see below), `ingest.blind` (a notice)") == [])
    }
}
