/// How the program ends.
package enum ExitCode: Int32, Hashable, Sendable {
    /// It did what was asked.
    case ok = 0
    /// It could not.
    case error = 1
    /// The command line was not understood.
    case usage = 2
}

/// One verb of a program: parser, help and completion all come from this description.
package struct Command: Sendable {
    /// As it is typed.
    package let name: String
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

    /// A command that does something.
    ///
    /// - Parameters:
    ///   - name: as it is typed.
    ///   - summary: one sentence without a period.
    ///   - discussion: more of it.
    ///   - arguments: positional arguments.
    ///   - flags: options besides `--help`.
    ///   - commands: nested commands, which take the place of the first argument.
    ///   - run: does the work.
    package init(
        _ name: String,
        _ summary: String,
        discussion: String = "",
        arguments: [Argument] = [],
        flags: [Flag] = [],
        commands: [Command] = [],
        run: @escaping @Sendable (Invocation) async throws -> ExitCode
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.flags = flags
        self.commands = commands
        self.run = run
    }

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
        discussion = ""
        arguments = []
        flags = []
        run = nil
    }
}

/// A positional argument.
package struct Argument: Hashable, Sendable {
    /// As the help shows it, such as `FILE`.
    package let name: String
    /// One sentence without a period.
    package let summary: String
    /// How many there may be.
    package let count: ClosedRange<Int>

    /// A positional argument.
    ///
    /// - Parameters:
    ///   - name: as the help shows it.
    ///   - summary: one sentence without a period.
    ///   - count: how many there may be.
    package init(_ name: String, _ summary: String, count: ClosedRange<Int> = 1...1) {
        self.name = name
        self.summary = summary
        self.count = count
    }

    /// Such as `FILE`, `[FILE]` or `FILE...`.
    var usage: String {
        let repeated = count.upperBound > 1 ? "\(name)..." : name
        return count.lowerBound == 0 ? "[\(repeated)]" : repeated
    }
}

/// An option, `--name` or `--name VALUE`.
package struct Flag: Hashable, Sendable {
    /// Without the dashes.
    package let name: String
    /// A one-letter form, such as the `o` of `-o`; nil when there is none.
    package let short: Character?
    /// What the help calls the value; nil for a switch.
    package let value: String?
    /// One sentence without a period.
    package let summary: String
    /// The words that the value must be one of; empty when it may be anything.
    package let choices: [String]
    /// Whether it may be given more than once.
    package let isRepeatable: Bool

    /// An option.
    ///
    /// - Parameters:
    ///   - name: without the dashes.
    ///   - short: a one-letter form.
    ///   - value: what the help calls the value; nil for a switch.
    ///   - summary: one sentence without a period.
    ///   - choices: the words that the value must be one of.
    ///   - isRepeatable: whether it may be given more than once.
    package init(
        _ name: String,
        short: Character? = nil,
        value: String? = nil,
        _ summary: String,
        choices: [String] = [],
        isRepeatable: Bool = false
    ) {
        self.name = name
        self.short = short
        self.value = value ?? (choices.isEmpty ? nil : choices.joined(separator: "|"))
        self.summary = summary
        self.choices = choices
        self.isRepeatable = isRepeatable
    }

    /// `--help`, which every command has.
    static let help = Flag("help", short: "h", "Show this help")
}

/// A command line that was understood.
package struct Invocation: Sendable {
    /// The words that chose the command, such as `["calibrate", "build"]`.
    package let path: [String]
    /// Positional arguments.
    package let arguments: [String]
    /// Where output goes.
    package let terminal: Terminal
    private let options: [String: [String]]

    init(path: [String], arguments: [String], options: [String: [String]], terminal: Terminal) {
        self.path = path
        self.arguments = arguments
        self.options = options
        self.terminal = terminal
    }

    /// Whether the flag was given.
    package func has(_ flag: String) -> Bool { options[flag] != nil }

    /// The last value of the flag; nil when it was not given.
    package func value(_ flag: String) -> String? { options[flag]?.last }

    /// All values of the flag, in order.
    package func values(_ flag: String) -> [String] { options[flag] ?? [] }
}
