import Domain
import RiskdTesting
import Runtime
import Testing

@testable import Console

@Suite struct OutputTests {
    private static var report: Report {
        var report = Report([.init("user"), .init("risk_score", isNumeric: true), .init("level")])
        report.append(["u-1", 7.5, "high"])
        report.append(["名前", 100, .null])
        report.append(["=cmd()\u{1B}", -3, "a\"b,c"])
        return report
    }

    private func written(_ format: OutputFormat, isColoured: Bool = false) -> String {
        let screen = Screen(isColoured: isColoured)
        Self.report.write(to: screen.terminal, as: format)
        return screen.text
    }

    @Test func `a table is aligned and shows no control character`() {
        #expect(
            written(.table) == """
                USER          RISK SCORE  LEVEL
                u-1                  7.5  high
                名前                 100  -
                =cmd()\\u{1b}          -3  a"b,c

                """
        )
    }

    @Test func `the head is emphasised only where colour is allowed`() {
        #expect(
            written(.table, isColoured: true).hasPrefix(
                "\u{1B}[1mUSER          RISK SCORE  LEVEL\u{1B}[0m\n"
            )
        )
    }

    @Test func `JSON keeps the order of columns`() {
        #expect(
            written(.ndjson) == """
                {"user":"u-1","risk_score":7.5,"level":"high"}
                {"user":"名前","risk_score":100,"level":null}
                {"user":"=cmd()\\u001b","risk_score":-3,"level":"a\\"b,c"}

                """
        )
        #expect(written(.json).hasPrefix("[\n  {\n    \"user\": \"u-1\",\n    \"risk_score\": 7.5,\n"))
        #expect(written(.json).hasSuffix("  }\n]\n"))
    }

    @Test func `CSV is quoted and starts no formula`() {
        let expected =
            "user,risk_score,level\r\nu-1,7.5,high\r\n名前,100,\r\n'=cmd()\u{1B},-3,\"a\"\"b,c\"\r\n"
        #expect(written(.csv) == expected)
    }

    @Test func `data is escaped on a terminal only`() {
        for (isTerminal, expected) in [(false, "a\u{1B}[2J\r\n"), (true, "a\\u{1b}[2J\n")] {
            let written = Collected()
            let terminal = Terminal(
                isOutputTerminal: isTerminal,
                output: { written.append($0) },
                error: { _ in }
            )
            terminal.writeData("a\u{1B}[2J\r\n")
            #expect(written.text == expected)
        }
    }

    @Test(arguments: [
        ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-1h", "'-1h"), ("@x", "'@x"), ("-1.5", "-1.5"),
        ("+7", "+7"),
        ("-", "'-"), ("\tx", "'\tx"), ("a=b", "a=b"), ("", ""), ("a\nb", "\"a\nb\""), ("\rx", "\"'\rx\""),
        ("-1e5", "-1e5"), ("-e", "'-e"),
    ])
    func `a CSV field`(_ text: String, _ field: String) {
        #expect(CSV.field(.string(text)) == field)
    }

    @Test func `JSON has no infinity and escapes what drives a terminal`() {
        let value: JSONValue = .object([
            "a": .array([]), "b": .number(.infinity), "c": .string("\u{9B}\n\u{7F}é"), "d": true,
            "e": .object([]),
        ])
        #expect(value.text == #"{"a":[],"b":null,"c":"\u009b\n\u007fé","d":true,"e":{}}"#)
        #expect(JSONValue.array([1, nil]).prettyText == "[\n  1,\n  null\n]")
    }

    @Test func `progress rewrites its line on a terminal`() {
        let screen = Screen(isErrorTerminal: true)
        let start = ContinuousClock.Instant.now
        var progress = Progress("replaying", total: 200, on: screen.terminal, at: start)
        progress.update(50, at: start + .seconds(1))
        progress.update(51, at: start + .seconds(1) + .milliseconds(5))
        progress.finish(200, at: start + .seconds(2))
        #expect(
            screen.errors == "\r\u{1B}[Kreplaying [######..................] 25% of 200, 50/s"
                + "\r\u{1B}[Kreplaying [########################] 100% of 200, 100/s\n"
        )
    }

    @Test func `progress is a line now and then elsewhere`() {
        let screen = Screen()
        let start = ContinuousClock.Instant.now
        var progress = Progress("reading", total: nil, on: screen.terminal, at: start)
        for second in 1...25 { progress.update(second * 10, at: start + .seconds(second)) }
        progress.finish(260, at: start + .seconds(26))
        #expect(screen.errors == "reading: 100, 10/s\nreading: 200, 10/s\nreading: 260, 10/s\n")
    }

    @Test func `times are typed as now, ago, or RFC 3339`() throws {
        let now = Timestamp(milliseconds: 10_000_000)
        #expect(try Timestamp(typed: "now", now: now) == now)
        #expect(try Timestamp(typed: "-1h", now: now).milliseconds == 6_400_000)
        #expect(try Timestamp(typed: "1970-01-01T00:00:01Z", now: now).milliseconds == 1000)
        for text in ["", "1h", "-1", "yesterday", "--1h"] {
            #expect(
                throws: UsageError("expected a time such as now, -1h or 2026-03-02T08:08:17Z, got '\(text)'")
            ) {
                try Timestamp(typed: text, now: now)
            }
        }
    }
}
