import Glibc
import Runtime
import Testing

@Suite struct LogTests {
    @Test func `a line is a sentence and pairs`() {
        #expect(
            written { $0.write(.info, "batch committed", ["records": "12", "source": "a b", "none": ""]) }
                == [
                    #"info: batch committed records=12 source="a b" none="""#
                ]
        )
    }

    @Test func `less urgent lines are left out`() {
        let lines = written(threshold: .warning) { log in
            log.write(.error, "e")
            log.write(.warning, "w")
            log.write(.notice, "n")
            log.write(.debug, "d")
        }
        #expect(lines == ["error: e", "warning: w"])
    }

    /// User ids are chosen by whoever is scored: none may forge a field, a line or a terminal's command.
    @Test(
        arguments: [
            ("a b", #""a b""#), ("a=b", #""a=b""#), ("a\"b", #""a\"b""#), (#"a b\"#, #""a b\\""#),
            (#"\" x=1"#, #""\\\" x=1""#), ("a\nb", #"a\u{a}b"#), ("a b\n", #""a b\u{a}""#),
            ("a\r\nb", #"a\u{d}\u{a}b"#),
            ("\u{1B}[2J", #"\u{1b}[2J"#), ("a\u{202E}b", #"a\u{202e}b"#), ("a\u{2028}b", #"a\u{2028}b"#),
            ("a \u{301}b", "\"a \u{301}b\""), ("a=\u{301}b", "\"a=\u{301}b\""),
            ("\"\u{301}", "\"\\\"\u{301}\""),
            ("caf\u{e9}", "caf\u{e9}"),
        ]
    )
    func `a value stays inside its field`(value: String, expected: String) {
        let lines = written { $0.write(.info, "m", ["user": value, "next": "1"]) }
        #expect(lines.map { Array($0.utf8) } == [Array("info: m user=\(expected) next=1".utf8)])
    }

    @Test func `a message has no line breaks either`() {
        #expect(written { $0.write(.info, "two\nlines") } == [#"info: two\u{a}lines"#])
    }

    @Test func `all of a text is written, also more than a pipe holds`() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let text = String(repeating: "0123456789", count: 30_000)
        let pool = WorkerPool(width: 2)
        let pieces = await pool.map(count: 2) { piece -> [UInt8] in
            guard piece == 1 else {
                writeAll(text, to: writer)
                close(writer)
                return []
            }
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(reader, &buffer, buffer.count)
                guard count > 0 else { return received }
                received += buffer.prefix(count)
            }
        }
        close(reader)
        #expect(pieces[1] == Array(text.utf8))
    }
}

/// The lines that `body` writes, with the priority's name also where these tests run under a journal.
private func written(threshold: Log.Priority = .info, _ body: (Log) -> Void) -> [String] {
    let lines = Lines()
    body(Log(threshold: threshold) { lines.append($0) })
    let names = ["<3>": "error: ", "<4>": "warning: ", "<5>": "notice: ", "<6>": "info: ", "<7>": "debug: "]
    return lines.all.map { line in names[String(line.prefix(3))].map { $0 + line.dropFirst(3) } ?? line }
}

private final class Lines: Sendable {
    private let state = Locked([String]())
    var all: [String] { state.withLock { $0 } }
    func append(_ line: String) { state.withLock { $0.append(line) } }
}
