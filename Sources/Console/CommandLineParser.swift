import Runtime

/// Turns words into a request, by the program's table of commands and flags.
struct CommandLineParser {
    /// What a command line asks for.
    enum Request {
        case help([String])
        case version
        case run(Command, Invocation)
    }

    let program: Program

    /// The commands that the first words of `arguments` name, flags of every command before them left out.
    func commandPath(_ arguments: [String]) -> [String] { split(arguments).path }

    /// Understands `arguments`.
    func parse(_ arguments: [String], on terminal: Terminal) throws(UsageError) -> Request {
        let (leading, path, rest) = split(arguments)
        guard let command = program.command(at: path), command.run != nil else {
            return try parseGroup(path, leading.isEmpty || path.isEmpty ? rest : leading + rest)
        }
        var parser = WordParser(flags: program.flags(of: command), words: leading + rest)
        try parser.parse()
        if parser.options[Flag.help.name] != nil { return .help(path) }
        try check(parser.positional, command)
        let invocation = Invocation(
            path: path,
            arguments: parser.positional,
            options: parser.options,
            terminal: terminal
        )
        return .run(command, invocation)
    }

    /// Flags of every command that stand before it, the commands that are named, and the rest.
    func split(_ arguments: [String]) -> (
        leading: ArraySlice<String>, path: [String], rest: ArraySlice<String>
    ) {
        var rest = arguments[...]
        while let word = rest.first, word.hasPrefix("--"),
            let flag = program.flags.first(where: { "--" + $0.name == word.prefix { $0 != "=" } })
        {
            rest = rest.dropFirst(flag.value == nil || word.contains("=") ? 1 : 2)
        }
        let leading = arguments[..<rest.startIndex]
        var path: [String] = []
        while let word = rest.first, let command = program.command(at: path + [word]) {
            path.append(command.name)
            rest = rest.dropFirst()
        }
        return (leading, path, rest)
    }

    private func parseGroup(_ path: [String], _ rest: ArraySlice<String>) throws(UsageError) -> Request {
        let commands = program.command(at: path)?.commands ?? program.commands
        guard let word = rest.first else {
            let names = commands.map(\.name).joined(separator: ", ")
            throw UsageError("expected a command: \(names)")
        }
        if word == "--help" || word == "-h" { return .help(path) }
        if path.isEmpty, word == "--version" { return .version }
        // "help" is no command of the table, but everybody tries it.
        if path.isEmpty, word == "help" { return try parseHelp(Array(rest.dropFirst())) }
        let isFlag = word.hasPrefix("-")
        let candidates = isFlag ? ["--help", "--version"] : commands.map(\.name)
        throw UsageError(unknown(isFlag ? "flag" : "command", word, candidates))
    }

    private func parseHelp(_ path: [String]) throws(UsageError) -> Request {
        guard path.isEmpty || program.command(at: path) != nil else {
            throw UsageError(unknown("command", path.joined(separator: " "), program.commands.map(\.name)))
        }
        return .help(path)
    }

    private func check(_ positional: [String], _ command: Command) throws(UsageError) {
        var left = positional.count
        for argument in command.arguments {
            guard left >= argument.count.lowerBound else {
                throw UsageError("missing argument \(argument.name): \(argument.summary)")
            }
            left -= min(left, argument.count.upperBound)
        }
        guard left == 0 else {
            throw UsageError("unexpected argument '\(positional[positional.count - left])'")
        }
    }
}

/// Takes the words after the command apart into flags and positional arguments.
private struct WordParser {
    let flags: [Flag]
    var words: ArraySlice<String>
    var options: [String: [String]] = [:]
    var positional: [String] = []

    init(flags: [Flag], words: ArraySlice<String>) {
        self.flags = flags
        self.words = words
    }

    mutating func parse() throws(UsageError) {
        while let word = words.popFirst() {
            if word == "--" {
                positional += words
                return
            }
            if word.hasPrefix("--") {
                try parseFlag(word)
            } else if let long = longForm(word) {
                try parseFlag(long)
            } else if word.hasPrefix("-"), word != "-", word.dropFirst().first?.isNumber != true {
                throw UsageError(unknown("flag", word, flags.map { "--\($0.name)" }))
            } else {
                positional.append(word)
            }
        }
    }

    /// `--name` or `--name=value` for `-n` or `-n=value`; nil for any other word.
    private func longForm(_ word: String) -> String? {
        let letters = word.dropFirst()
        guard word.hasPrefix("-"), let letter = letters.first,
            letters.count == 1 || letters.dropFirst().first == "=",
            let flag = flags.first(where: { $0.short == letter })
        else { return nil }
        return "--" + flag.name + letters.dropFirst()
    }

    private mutating func parseFlag(_ word: String) throws(UsageError) {
        let name = String(word.dropFirst(2).prefix { $0 != "=" })
        let attached = word.firstIndex(of: "=").map { String(word[word.index(after: $0)...]) }
        guard let flag = flags.first(where: { $0.name == name }) else {
            throw UsageError(unknown("flag", "--\(name)", flags.map { "--\($0.name)" }))
        }
        guard options[name] == nil || flag.isRepeatable || flag.value == nil else {
            throw UsageError("flag --\(name) is given twice")
        }
        guard let placeholder = flag.value else {
            guard attached == nil else { throw UsageError("flag --\(name) takes no value") }
            options[name, default: []].append("")
            return
        }
        // A following word that is a flag itself was not meant as the value; "--name=--text" says it was.
        guard let value = attached ?? (words.first?.hasPrefix("--") == true ? nil : words.popFirst()) else {
            throw UsageError("flag --\(name) needs a value: --\(name) \(placeholder)")
        }
        if !flag.choices.isEmpty, !flag.choices.contains(value) {
            var message =
                "flag --\(name) must be one of \(flag.choices.joined(separator: ", ")), got '\(value)'"
            if let meant = closestMatch(to: value, in: flag.choices) {
                message += "; did you mean '\(meant)'?"
            }
            throw UsageError(message)
        }
        options[name, default: []].append(value)
    }
}

private func unknown(_ kind: String, _ word: String, _ candidates: [String]) -> String {
    let message = "unknown \(kind) '\(word)'"
    return closestMatch(to: word, in: candidates).map { "\(message); did you mean '\($0)'?" } ?? message
}
