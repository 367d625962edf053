/// The help of a program and its commands.
struct Help {
    private static let width = 100

    let program: Program

    /// What `--help` prints after the words of `path`.
    func text(for path: [String]) -> String {
        guard let command = program.command(at: path) else { return overview }
        let name = ([program.name] + path).joined(separator: " ")
        var text = "\(command.summary).\n\n"
        if command.run == nil {
            text += "Usage: \(name) COMMAND\n\nCommands:\n" + listed(command.commands)
            return text + "\nRun '\(name) COMMAND --help' for more about a command.\n"
        }
        let usage = [name, command.flags.isEmpty ? "" : "[FLAGS]"] + command.arguments.map(\.usage)
        text += "Usage: \(usage.filter { !$0.isEmpty }.joined(separator: " "))\n"
        for paragraph in command.discussion.split(separator: "\n", omittingEmptySubsequences: true) {
            text += "\n" + wrapped(String(paragraph), width: Self.width).map { "\($0)\n" }.joined()
        }
        if !command.aliases.isEmpty { text += "\nAlso: \(command.aliases.joined(separator: ", "))\n" }
        if !command.arguments.isEmpty {
            text += "\nArguments:\n" + listed(command.arguments.map { ($0.usage, $0.summary) })
        }
        if !command.commands.isEmpty { text += "\nCommands:\n" + listed(command.commands) }
        text += "\nFlags:\n" + listed((command.flags + [.help]).map(line))
        if !program.flags.isEmpty { text += "\nFlags of every command:\n" + listed(program.flags.map(line)) }
        return text
    }

    private func line(_ flag: Flag) -> (String, String) {
        let value = flag.value.map { " \($0)" } ?? ""
        let short = flag.short.map { "-\($0), " } ?? ""
        return (
            "\(short)--\(flag.name)\(value)",
            flag.summary + (flag.isRepeatable ? " (may be repeated)" : "")
        )
    }

    private var overview: String {
        let name = program.name
        return """
            \(program.summary).

            Usage: \(name) COMMAND [FLAGS] [ARGUMENTS]

            Commands:
            \(listed(program.commands))
            Flags:
            \(listed([("--help", "Show this help"), ("--version", "Show the version")] + program.flags.map(line)))
            Run '\(name) COMMAND --help' for more about a command.
            Exit codes: 0 done, 1 failed, 2 the command line was not understood\(program.exitCodes).

            """
    }

    private func listed(_ commands: [Command]) -> String { listed(commands.map { ($0.name, $0.summary) }) }

    private func listed(_ rows: [(name: String, summary: String)]) -> String {
        let column = min(28, (rows.map(\.name.count).max() ?? 0) + 4)
        var text = ""
        for row in rows {
            var line = "  \(row.name)"
            let lines = wrapped(row.summary, width: Self.width - column)
            if line.count + 2 > column {
                text += line + "\n"
                line = ""
            }
            for part in lines {
                text += line + String(repeating: " ", count: column - line.count) + part + "\n"
                line = ""
            }
        }
        return text
    }
}
