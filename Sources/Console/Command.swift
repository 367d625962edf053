/// One verb of a program: parser, help and completion all come from this description.
package struct Command: Sendable {
    /// As it is typed.
    package let name: String
    /// Other words for it, which the help does not list.
    package let aliases: [String]
    /// One sentence without a period.
    package let summary: String
    /// What `--help` says after the summary; may be empty.
    package let discussion: String
    /// Positional arguments, in order; only the last may be optional or repeated.
    package let arguments: [Argument]
    /// Options, in the order of the help.
    package let flags: [Flag]
    /// Nested commands.
    package let commands: [Command]
    /// Does the work; nil for a group of commands.
    package let run: (@Sendable (Invocation) async throws -> ExitCode)?
    /// How the program ends when this command is not understood or throws; nil: as ``ExitCode`` says.
    package let failure: ExitCode?

    /// A command that does something.
    ///
    /// - Parameters:
    ///   - name: as it is typed.
    ///   - summary: one sentence without a period.
    ///   - aliases: other words for it.
    ///   - discussion: more of it.
    ///   - arguments: positional arguments.
    ///   - flags: options besides `--help`.
    ///   - commands: nested commands, which take the place of the first argument.
    ///   - failure: how the program ends when this is not understood or throws.
    ///   - run: does the work.
    package init(
        _ name: String,
        _ summary: String,
        aliases: [String] = [],
        discussion: String = "",
        arguments: [Argument] = [],
        flags: [Flag] = [],
        commands: [Command] = [],
        failure: ExitCode? = nil,
        run: @escaping @Sendable (Invocation) async throws -> ExitCode
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.flags = flags
        self.commands = commands
        self.failure = failure
        self.run = run
    }

    /// Whether `word` means it.
    func isNamed(_ word: String) -> Bool { name == word || aliases.contains(word) }

    /// A group of commands, such as `calibrate` with its `build`.
    ///
    /// - Parameters:
    ///   - name: as it is typed.
    ///   - summary: one sentence without a period.
    ///   - commands: the nested commands.
    package init(_ name: String, _ summary: String, commands: [Command]) {
        self.name = name
        self.summary = summary
        self.commands = commands
        aliases = []
        failure = nil
        discussion = ""
        arguments = []
        flags = []
        run = nil
    }
}
