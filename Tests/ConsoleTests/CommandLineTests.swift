import RiskdTesting
import Testing

@testable import Console

@Suite struct CommandLineTests {
    private static let echo: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let flags = ["level", "set", "follow"].compactMap { name in
            invocation.has(name) ? "\(name)=\(invocation.values(name).joined(separator: ","))" : nil
        }
        invocation.terminal.writeLine(
            (invocation.path + invocation.arguments.map { "<\($0)>" } + flags).joined(separator: " ")
        )
        return .ok
    }

    private static let program = Program(
        "prog",
        "Tests things",
        version: "1.2.3",
        commands: [
            Command(
                "replay",
                "Read files",
                discussion: "Files are read in order.",
                arguments: [Argument("FILE", "A log", count: 1...2)],
                flags: [
                    Flag("level", "How loud", choices: ["info", "debug"]),
                    Flag("set", value: "KEY=VALUE", "Set a key", isRepeatable: true),
                    Flag("follow", short: "f", "Go on"),
                ],
                run: echo
            ),
            Command(
                "calibrate",
                "Work on thresholds",
                commands: [
                    Command(
                        "build",
                        "Build them",
                        arguments: [Argument("FILE", "A log", count: 0...1)],
                        run: echo
                    )
                ]
            ),
            Command("fail", "Fail") { _ in throw CommandFailure("no\u{1B}[31m luck") },
        ]
    )

    private func run(_ words: String) async -> (code: ExitCode, screen: Screen) {
        let screen = Screen()
        let code = await Self.program.run(words.split(separator: " ").map(String.init), on: screen.terminal)
        return (code, screen)
    }

    @Test(arguments: [
        ("replay a", "replay <a>\n"),
        ("replay a b", "replay <a> <b>\n"),
        ("replay a --level info", "replay <a> level=info\n"),
        ("replay --level=debug a", "replay <a> level=debug\n"),
        ("replay a --follow --set x=1 --set=y=2", "replay <a> set=x=1,y=2 follow=\n"),
        ("replay a --follow --follow", "replay <a> follow=,\n"),
        ("replay -f a", "replay <a> follow=\n"),
        ("replay -- --level -x", "replay <--level> <-x>\n"),
        ("replay - -1h", "replay <-> <-1h>\n"),
        ("replay a --set -1", "replay <a> set=-1\n"),
        ("replay a --set=--b", "replay <a> set=--b\n"),
        ("calibrate build", "calibrate build\n"),
        ("calibrate build x", "calibrate build <x>\n"),
        ("--version", "prog 1.2.3\n"),
    ])
    func `understands`(_ words: String, _ expected: String) async {
        let (code, screen) = await run(words)
        #expect(code == .ok)
        #expect(screen.text == expected)
        #expect(screen.errors.isEmpty)
    }

    @Test(arguments: [
        ("", "expected a command: replay, calibrate, fail, completion", "prog --help"),
        ("rpelay a", "unknown command 'rpelay'; did you mean 'replay'?", "prog --help"),
        ("zzz", "unknown command 'zzz'", "prog --help"),
        ("--verison", "unknown flag '--verison'; did you mean '--version'?", "prog --help"),
        ("replay", "missing argument FILE: A log", "prog replay --help"),
        ("replay a b c", "unexpected argument 'c'", "prog replay --help"),
        ("replay a --levle info", "unknown flag '--levle'; did you mean '--level'?", "prog replay --help"),
        ("replay a -x", "unknown flag '-x'", "prog replay --help"),
        ("replay a --level", "flag --level needs a value: --level info|debug", "prog replay --help"),
        ("replay a --level --follow", "flag --level needs a value: --level info|debug", "prog replay --help"),
        (
            "replay a --level dbug",
            "flag --level must be one of info, debug, got 'dbug'; did you mean 'debug'?",
            "prog replay --help"
        ),
        ("replay a --level info --level info", "flag --level is given twice", "prog replay --help"),
        ("replay a --follow=yes", "flag --follow takes no value", "prog replay --help"),
        ("calibrate", "expected a command: build", "prog calibrate --help"),
        ("calibrate biuld", "unknown command 'biuld'; did you mean 'build'?", "prog calibrate --help"),
        ("help nothing", "unknown command 'nothing'", "prog --help"),
    ])
    func `refuses with exit code 2`(_ words: String, _ message: String, _ help: String) async {
        let (code, screen) = await run(words)
        #expect(code == .usage)
        #expect(screen.errors == "error: \(message)\nRun '\(help)' for help.\n")
        #expect(screen.text.isEmpty)
    }

    @Test func `a failure is one escaped line and exit code 1`() async {
        let (code, screen) = await run("fail")
        #expect(code == .error)
        #expect(screen.errors == "error: no\\u{1b}[31m luck\n")
    }

    @Test(arguments: ["replay --help", "replay -h", "help replay", "replay a --level info --help"])
    func `help of a command comes from the table`(_ words: String) async {
        let (code, screen) = await run(words)
        #expect(code == .ok)
        #expect(
            screen.text == """
                Read files.

                Usage: prog replay [FLAGS] FILE...

                Files are read in order.

                Arguments:
                  FILE...  A log

                Flags:
                  --level info|debug  How loud
                  --set KEY=VALUE     Set a key (may be repeated)
                  -f, --follow        Go on
                  -h, --help          Show this help

                """
        )
    }

    @Test(arguments: ["--help", "-h", "help"])
    func `help lists the commands`(_ words: String) async {
        let (code, screen) = await run(words)
        #expect(code == .ok)
        #expect(
            screen.text.hasPrefix(
                "Tests things.\n\nUsage: prog COMMAND [FLAGS] [ARGUMENTS]\n\nCommands:\n  replay      Read files\n"
            )
        )
        #expect(screen.text.contains("  calibrate   Work on thresholds\n"))
    }

    @Test func `help of a group lists what is in it`() async {
        let (_, screen) = await run("calibrate --help")
        #expect(screen.text.contains("Usage: prog calibrate COMMAND\n\nCommands:\n  build  Build them\n"))
    }
}
