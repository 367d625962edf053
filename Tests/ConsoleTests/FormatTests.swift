import Foundation
import RiskdTesting
import Runtime
import Testing

@testable import Console

/// Python reads what is written: JSON, YAML 1.1 and CSV.
@Suite struct FormatTests {
    private static let strings = [
        "", "a", "user-031", "yes", "No", "null", "~", "1", "1.5", "0x1F", "1e3", ".5", "2026-03-02",
        "12:30:45", "-", "- a",
        "a: b", "a #b", "#a", "'a'", "\"", "\\", "a\nb", "a\r\nb", "\t", " a", "a ", "é名前", "\u{1B}[31m",
        "\u{202E}x", "\u{85}",
        "\u{2028}", "\u{FEFF}", "🙂", "=1+1", "@x", "+1", "-1", "{a}", "[a]", "*a", "&a", "!a", "|", ">", "%a",
        "?", "a,b", "=", "<<",
        "true", "on", "y", "NaN", ".inf", "key: [", "a/b.c@d+e_f",
    ]

    private static func value(_ random: inout Numbers, depth: Int) -> JSONValue {
        switch random.below(depth > 0 ? 9 : 6) {
        case 0: .null
        case 1: .bool(random.below(2) == 0)
        case 2: .integer(Int64(random.below(2_000_000)) - 1_000_000)
        case 3: .number([8e-05, 1e20, -3e-9, Double(random.below(1_000_000)) / 1024 - 100][random.below(4)])
        case 4, 5: .string(strings[random.below(strings.count)])
        case 6: .array((0..<random.below(4)).map { _ in value(&random, depth: depth - 1) })
        default:
            .object(
                (0..<random.below(4)).map { index in
                    JSONValue.Member(
                        strings[random.below(strings.count)] + "\(index)",
                        value(&random, depth: depth - 1)
                    )
                }
            )
        }
    }

    private static func python(_ script: String, _ files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "formats-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        // Debian's own, which has the packages that .ci/setup installs.
        let words = [
            "/usr/bin/python3", "-c", "import sys, json, os\nos.chdir(sys.argv[1])\n" + script, folder.path,
        ]
        return String(decoding: try SpawnedProgram.output(of: words), as: UTF8.self)
    }

    @Test func `YAML means what JSON means, and drives no terminal`() throws {
        var random = Numbers(seed: 11)
        let values = (0..<400).map { _ in Self.value(&random, depth: 4) } + Self.strings.map { .string($0) }
        let yaml = values.map { "---\n" + $0.yamlText }.joined()
        #expect(!yaml.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        #expect(!yaml.unicodeScalars.contains { $0.properties.generalCategory == .format })
        let answer = try Self.python(
            """
            import yaml
            wanted = json.load(open("all.json"))
            found = list(yaml.safe_load_all(open("all.yaml", encoding="utf-8")))
            assert len(found) == len(wanted), (len(found), len(wanted))
            for a, b in zip(found, wanted):
                assert a == b and type(a) == type(b), (a, b)
            print("same")
            """,
            ["all.json": JSONValue.array(values).text, "all.yaml": yaml]
        )
        #expect(answer == "same\n")
    }

    @Test func `a CSV reader gets the cells back, and no formula`() throws {
        var report = Report([.init("a"), .init("b"), .init("c")])
        for (index, text) in Self.strings.enumerated() {
            report.append([.string(text), .integer(Int64(index)), .string(String(text.reversed()))])
        }
        let rows = JSONValue.array(report.rows.map { .array($0) })
        let answer = try Self.python(
            """
            import csv
            rows = list(csv.reader(open("all.csv", newline="", encoding="utf-8")))
            assert rows[0] == ["a", "b", "c"]
            wanted = json.load(open("all.json"))
            assert len(rows) == len(wanted) + 1
            for row, want in zip(rows[1:], wanted):
                for cell, value in zip(row, want):
                    number = cell.lstrip("+-").replace(".", "", 1).isdigit()
                    assert cell[:1] not in "=+-@\\t\\r\\n" or cell == "" or number, cell
                    assert cell == str(value) or cell == "'" + str(value), (cell, value)
            print("same")
            """,
            ["all.json": rows.text, "all.csv": report.csv]
        )
        #expect(answer == "same\n")
    }

    @Test func `JSON that is written is read again, also with everything that drives a terminal escaped`()
        throws
    {
        var random = Numbers(seed: 5)
        for _ in 0..<400 {
            let value = Self.value(&random, depth: 5)
            #expect(try JSONValue(parsing: value.text.utf8) == value)
            #expect(try JSONValue(parsing: value.prettyText.utf8) == value)
            let escaped = escapingControls(value.prettyText)
            #expect(try JSONValue(parsing: escaped.utf8) == value)
            #expect(printable(escaped.replacing("\n", with: "")) == escaped.replacing("\n", with: ""))
        }
    }
}
