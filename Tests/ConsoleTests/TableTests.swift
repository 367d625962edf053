import RiskdTesting
import Runtime
import Testing

@testable import Console

@Suite struct TableTests {
    private static let words = [
        "", "a", "user-0123456789", "名前と名前", "e\u{301}e\u{301}", "x\u{1B}[31m",
        "a long text of several words", "👩🏽",
    ]

    @Test func `a table fits its terminal, and says the same to a file`() {
        var random = Numbers(seed: 3)
        for _ in 0..<400 {
            let columns = (0..<1 + random.below(7)).map { index in
                Report.Column(
                    "column_\(index)",
                    isNumeric: random.below(4) == 0,
                    isOptional: random.below(3) == 0,
                    isFixed: random.below(5) == 0
                )
            }
            var report = Report(columns)
            for _ in 0..<random.below(6) {
                report.append(
                    columns.map {
                        $0.isNumeric
                            ? .integer(Int64(random.below(1000)))
                            : .string(Self.words[random.below(Self.words.count)])
                    }
                )
            }
            let room = 20 + random.below(120)
            let numbers = columns.filter(\.isNumeric).count
            let least = numbers * 10 + (columns.count - numbers) * 3 + 2 * columns.count
            for line in report.table(on: Screen(columns: room).terminal).split(separator: "\n") {
                #expect(displayWidth(String(line)) <= max(room, least), "\(room): \(line)")
                #expect(!line.unicodeScalars.contains("\u{1B}"))
            }
            #expect(!report.table(on: Screen().terminal).contains("…"))
        }
    }

    @Test func `what matters least goes first`() {
        var report = Report([
            .init("time", isFixed: true), .init("name"), .init("score", isNumeric: true),
            .init("detail", isOptional: true),
        ])
        report.append([
            "2026-03-02T08:08:17Z", "a-rather-long-name-of-a-user", 12.5, "something that is nice to know",
        ])
        #expect(
            report.table(on: Screen(columns: 60).terminal) == """
                TIME                  NAME                          SCORE
                2026-03-02T08:08:17Z  a-rather-long-name-of-a-user   12.5

                """
        )
        #expect(
            report.table(on: Screen(columns: 45).terminal) == """
                TIME                  NAME              SCORE
                2026-03-02T08:08:17Z  a-rather-long-n…   12.5

                """
        )
    }

    @Test func `an optional column in which nothing is said is not shown on a terminal`() {
        var report = Report([.init("name"), .init("verdict", isOptional: true), .init("note")])
        report.append(["a", .null, .null])
        #expect(report.table(on: Screen(columns: 80).terminal) == "NAME  NOTE\na     -\n")
        #expect(report.table(on: Screen().terminal) == "NAME  VERDICT  NOTE\na     -        -\n")
    }

    @Test func `rows that come later keep to the layout`() {
        var report = Report([.init("name"), .init("n", isNumeric: true)])
        report.append(["ab", 1])
        let layout = TableLayout(report, on: Screen(columns: 40).terminal, minimum: 6)
        #expect(layout.head == "NAME      N\n")
        #expect(layout.line(["abcdefghi", 12]) == "abcde…   12\n")
        #expect(layout.line(["名前名前", 12345]) == "名前…   12345\n")
    }

    @Test func `a text is cut to its cells, never within a character`() {
        for text in Self.words {
            for width in 1...20 {
                let cut = fitted(printable(text), to: width)
                #expect(displayWidth(cut) <= width)
                #expect(
                    cut == printable(text) || cut.last == "…" && printable(text).hasPrefix(cut.dropLast())
                )
                #expect(displayWidth(printable(text)) > width || cut == printable(text))
            }
        }
    }

    @Test func `styles do not change the width`() {
        var report = Report([.init("level", style: { $0 == "high" ? .red : nil }), .init("x")])
        report.append(["high", "1"])
        report.append(["low", "2"])
        let coloured = Screen(isColoured: true, columns: 80)
        #expect(
            report.table(on: coloured.terminal)
                == "\u{1B}[1mLEVEL  X\u{1B}[0m\n\u{1B}[31mhigh\u{1B}[0m   1\nlow    2\n"
        )
    }

    @Test func `lines are broken between words`() {
        #expect(wrapped("aa bb cc", width: 5) == ["aa bb", "cc"])
        #expect(wrapped("名前 aa", width: 5) == ["名前", "aa"])
        #expect(wrapped("longerthanthat a", width: 5) == ["longerthanthat", "a"])
        #expect(wrapped("", width: 5).isEmpty)
    }
}

/// Numbers that are the same in every run.
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
