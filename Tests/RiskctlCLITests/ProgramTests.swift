import Console
import Foundation
import RiskdTesting
import Testing

@testable import RiskctlCLI

@Suite struct ProgramTests {
    private static func paths(_ commands: [Command], _ path: [String] = []) -> [[String]] {
        commands.flatMap { [path + [$0.name]] + paths($0.commands, path + [$0.name]) }
    }

    @Test(arguments: paths(Riskctl.program.commands))
    func `every command has a help`(_ path: [String]) async {
        let screen = Screen()
        #expect(await Riskctl.program.run(path + ["--help"], on: screen.terminal) == .ok)
        #expect(screen.text.contains("Usage: riskctl \(path.joined(separator: " "))"))
        #expect(screen.errors.isEmpty)
        // A flag's letter means one thing.
        let letters = screen.text.split(separator: "\n").compactMap {
            $0.hasPrefix("  -") && $0.dropFirst(3).first != "-" ? $0.dropFirst(3).first : nil
        }
        #expect(Set(letters).count == letters.count, "\(letters)")
    }

    @Test(arguments: [
        ("nonsense", 2), ("status --nonsense", 2), ("explain x", 2), ("alert resolve 01J", 2),
        ("alert note 01J", 2),
        ("silence add", 2), ("silence add user=x --for soon --comment y", 2), ("get users --limit 0", 2),
        ("get users --limit 5 --all", 2), ("events --since yesterday", 2), ("get users --level hihg", 2),
        ("check --warn loud", 3), ("check --nonsense", 3), ("check", 3), ("status", 1),
        ("--url ftp://x status", 2),
        ("endpoint disable x --reason y", 2), ("top", 1), ("top -n 0", 2), ("get users -o xml", 2),
        ("token create x", 2),
        ("image 5 --reason x", 2), ("--version", 0), ("completion tcsh", 2),
    ])
    func `ends with the code that the help promises`(_ words: String, _ code: Int32) async throws {
        let result = try run(words.split(separator: " ").map(String.init))
        #expect(result.code == code, "\(words): \(result)")
        // A plugin's verdict is on standard output.
        #expect(code == 0 || !result.errors.isEmpty || result.output.hasPrefix("RISKD UNKNOWN - "))
    }

    /// The executable that the build put beside the tests.
    private static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "riskctl").path

    private func run(_ words: [String]) throws -> (code: Int32, output: String, errors: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "riskctl-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (output, errors) = (folder.path + "/out", folder.path + "/err")
        // Nobody listens on port 1.
        let variables = ["PATH": "/usr/bin:/bin", "RISKCTL_URL": "http://127.0.0.1:1", "HOME": folder.path]
        let program = try SpawnedProgram(
            [Self.executable] + words,
            environment: variables,
            output: output,
            errors: errors
        )
        return (
            program.wait(), try String(contentsOfFile: output, encoding: .utf8),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }

    @Test func `bash completes verbs, flags and choices`() throws {
        let script = """
            PATH=\((Self.executable as NSString).deletingLastPathComponent):$PATH
            source <(riskctl completion bash)
            complete -p riskctl
            for line in 'riskctl al' 'riskctl alert re' 'riskctl get users --le' 'riskctl alert resolve --verdict=be' \
                'riskctl get users --level ' 'riskctl --url http://127.0.0.1:1 silence add mod'; do
                COMP_LINE=$line COMP_POINT=${#line}
                _riskctl
                echo "${COMPREPLY[*]}"
            done
            """
        let printed = try SpawnedProgram.output(of: ["bash", "-c", script])
        #expect(
            String(decoding: printed, as: UTF8.self) == """
                complete -F _riskctl riskctl
                alert
                resolve reopen
                --level
                benign
                info low medium high critical
                model=

                """
        )
    }

    @Test func `fish completes with summaries`() throws {
        let folder = (Self.executable as NSString).deletingLastPathComponent
        let script =
            "set -x PATH \(folder) $PATH; riskctl completion fish | source; complete -C 'riskctl alert re'"
        let printed = try SpawnedProgram.output(of: ["fish", "--no-config", "-c", script])
        #expect(
            String(decoding: printed, as: UTF8.self)
                == "reopen\tOpen it again\nresolve\tClose it with a verdict\n"
        )
    }
}
