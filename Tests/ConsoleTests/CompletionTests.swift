import Foundation
import RiskdTesting
import Testing

@testable import Console

@Suite struct CompletionTests {
    private static let program = Program(
        "prog",
        "Tests things",
        version: "1",
        commands: [
            Command(
                "show",
                "Show",
                aliases: ["look"],
                arguments: [
                    Argument("KIND", "What", values: .words(["user", "model"])),
                    Argument(
                        "ID",
                        "Which",
                        count: 1...2,
                        values: .asked { invocation in
                            // What was typed so far is known to whoever is asked.
                            (invocation.value("url").map { [$0] } ?? [])
                                + invocation.arguments.map { "after-\($0)" } + [
                                    "u-1", "$(reboot)", "a b", "u\u{1B}[31m", "-x", "名前", "sha256:ab", "a;b",
                                    "\u{202E}x", "`id`",
                                    "user:m/u-1", "x'y", "a\nb",
                                ]
                        }
                    ),
                ],
                flags: [
                    Flag("level", short: "l", "How loud", choices: ["low", "high"]),
                    Flag("file", value: "FILE", "A file"), Flag("all", "All"),
                ]
            ) { _ in .ok },
            Command(
                "group",
                "Several",
                commands: [Command("one", "First") { _ in .ok }, Command("two", "Second") { _ in .ok }]
            ),
        ],
        flags: [Flag("url", value: "URL", "Where", values: .nothing)]
    )

    private static let safe = ["u-1", "名前", "sha256:ab", "user:m/u-1"]

    @Test(arguments: [
        ("", ["show", "group", "completion"]),
        ("g", ["group"]),
        ("group ", ["one", "two"]),
        ("group t", ["two"]),
        ("--url http://x group o", ["one"]),
        ("--url=http://x ", ["show", "group", "completion"]),
        ("show ", ["user", "model"]),
        ("look m", ["model"]),
        ("show user ", ["after-user"] + safe),
        ("show user u-1 ", ["after-user", "after-u-1"] + safe),
        ("show --level high user ", ["after-user"] + safe),
        ("show user u-1 u-2 ", []),
        ("show --url http://y user u", ["u-1", "user:m/u-1"]),
        ("show --url http://y user h", ["http://y"]),
        ("show --level ", ["low", "high"]),
        ("show -l h", ["high"]),
        ("show --level=h", ["--level=high"]),
        ("show --l", ["--level"]),
        ("show --", ["--level", "--file", "--all", "--help", "--url"]),
        ("--v", ["--version"]),
        ("show -- ", ["user", "model"]),
        ("completion z", ["zsh"]),
        ("nonsense ", []),
    ])
    func `completes`(_ line: String, _ expected: [String]) async {
        let words = ShellWords.split(line)
        guard case .words(let candidates) = await Completion(program: Self.program).candidates(for: words)
        else {
            return #expect(Bool(false), "files instead of \(expected)")
        }
        #expect(candidates.map(\.word) == expected)
    }

    @Test(arguments: ["show --file ", "show --file=x"])
    func `leaves files to the shell`(_ line: String) async {
        #expect(await Completion(program: Self.program).candidates(for: ShellWords.split(line)) == .files)
    }

    @Test(arguments: [
        ("bash", ["prog show user sha"], "words\nsha256:ab\n"),
        ("bash", ["prog show user sha256:"], "words\nab\n"),
        ("bash", ["prog show --level=h"], "words\nhigh\n"),
        ("bash", ["prog show --file "], "files\n"),
        ("zsh", ["prog", "show", "user", "sha256:"], "words\nsha256:ab\t\n"),
        ("fish", ["prog", "gr"], "words\ngroup\tSeveral\n"),
        ("nosuchshell", ["prog", ""], ""),
    ])
    func `answers as the scripts read it`(_ shell: String, _ words: [String], _ expected: String) async {
        let screen = Screen()
        #expect(await Self.program.run(["__complete", shell] + words, on: screen.terminal) == .ok)
        #expect(screen.text == expected)
    }

    @Test(arguments: Completion.Shell.allCases)
    func `the shell itself finds the script well formed`(_ shell: Completion.Shell) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "completion-\(UUID()).\(shell)")
        defer { try? FileManager.default.removeItem(at: file) }
        try shell.script(for: "prog").write(to: file, atomically: true, encoding: .utf8)
        _ = try SpawnedProgram.output(of: [shell.rawValue, "-n", file.path])
    }

    /// bash itself says what the words of a line are.
    @Test func `words are split as bash splits them`() throws {
        var state: UInt64 = 7
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "a", "b ", " ", "\\ ", "\\\\", "'a b'", "\"c d\"", "\"\\\"\"", "\"\\x\"", "'\\'", "x:y=z", "\t",
            "é",
        ]
        let lines = (0..<300).map { _ in (0..<random(8)).map { _ in pieces[random(pieces.count)] }.joined() }
        // A last word of its own shows whether the one before it had ended.
        let script = "show() { printf '%s\\0' \"$#\" \"$@\"; }\n" + lines.map { "show \($0) end\n" }.joined()
        let file = FileManager.default.temporaryDirectory.appending(path: "words-\(UUID()).bash")
        defer { try? FileManager.default.removeItem(at: file) }
        try script.write(to: file, atomically: true, encoding: .utf8)
        let printed = try SpawnedProgram.output(of: ["bash", file.path])
        var fields = printed.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }[...]
        for line in lines {
            let count = try #require(fields.popFirst().flatMap { Int($0) })
            #expect(ShellWords.split("\(line) end") == Array(fields.prefix(count)), "\(line)")
            fields = fields.dropFirst(count)
        }
    }
}
