import Runtime

/// A program made of commands: understands its command line, shows help and runs the command.
package struct Program: Sendable {
    /// As it is typed.
    package let name: String
    /// One sentence without a period.
    package let summary: String
    /// Such as `0.1.0`.
    package let version: String
    /// What it can do, in the order of the help.
    package let commands: [Command]
    /// Options that every command has, which may also stand before it.
    package let flags: [Flag]
    /// Former spellings of commands.
    package let moved: [Moved]
    /// What the help says after the meanings of 0, 1 and 2, such as `; check ends as monitoring plugins do`.
    package let exitCodes: String

    /// A program.
    ///
    /// - Parameters:
    ///   - name: as it is typed.
    ///   - summary: one sentence without a period.
    ///   - version: what `--version` prints.
    ///   - commands: what it can do; `completion` is added.
    ///   - flags: options that every command has.
    ///   - moved: former spellings, which say where they went.
    ///   - exitCodes: what the help says of further exit codes.
    package init(
        _ name: String,
        _ summary: String,
        version: String,
        commands: [Command],
        flags: [Flag] = [],
        moved: [Moved] = [],
        exitCodes: String = ""
    ) {
        self.name = name
        self.summary = summary
        self.version = version
        self.commands = commands + [.completion(of: name)]
        self.flags = flags
        self.moved = moved
        self.exitCodes = exitCodes
    }

    /// Does what the command line asks.
    ///
    /// - Parameters:
    ///   - arguments: the command line without the program's own name.
    ///   - terminal: where output goes.
    /// - Returns: how it ended; whatever went wrong has been written.
    package func run(_ arguments: [String], on terminal: Terminal) async -> ExitCode {
        if arguments.first == Completion.verb {
            await Completion(program: self).answer(Array(arguments.dropFirst()), on: terminal)
            return .ok
        }
        if let moved = moved.meant(by: arguments) {
            terminal.writeError("\(name) \(moved.path.joined(separator: " ")) is now: \(moved.destination)")
            return .usage
        }
        let request: CommandLineParser.Request
        do throws(UsageError) {
            request = try CommandLineParser(program: self).parse(arguments, on: terminal)
        } catch {
            let path = CommandLineParser(program: self).commandPath(arguments)
            terminal.writeError(error.description)
            terminal.writeError(
                "Run '\(([name] + path + ["--help"]).joined(separator: " "))' for help.",
                isHint: true
            )
            return command(at: path)?.failure ?? .usage
        }
        switch request {
        case .help(let path):
            terminal.write(Help(program: self).text(for: path))
            return .ok
        case .version:
            terminal.write("\(name) \(version)\n")
            return .ok
        case .run(let command, let invocation):
            guard let run = command.run else { return .usage }
            do {
                return try await run(invocation)
            } catch let error as UsageError {
                terminal.writeError(error.description)
                return command.failure ?? .usage
            } catch let error as any ProblemList {
                // FILE:LINE:COLUMN at the start of a line is what editors jump to.
                for problem in error.lines { terminal.note(problem) }
                return command.failure ?? .error
            } catch is CancellationError {
                return command.failure ?? .error
            } catch {
                terminal.writeError("\(error)")
                return command.failure ?? .error
            }
        }
    }

    /// The options of a command.
    func flags(of command: Command) -> [Flag] { command.flags + [.help] + flags }

    /// The command that `path` names; nil when there is none.
    func command(at path: [String]) -> Command? {
        var found: Command?
        var commands = commands
        for name in path {
            found = commands.first { $0.isNamed(name) }
            guard let found else { return nil }
            commands = found.commands
        }
        return found
    }
}
