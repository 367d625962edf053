import Runtime

/// Shell completion: shells run the program itself, which knows its table and can ask for ids.
struct Completion {
    /// The hidden first word by which shells ask.
    static let verb = "__complete"

    /// Shells that there is a script for.
    enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    /// A word that could stand next.
    struct Candidate: Hashable {
        let word: String
        let summary: String
    }

    /// What can stand next.
    enum Answer: Hashable {
        /// The shell knows better: paths.
        case files
        case words([Candidate])
    }

    let program: Program

    /// Writes candidates as the scripts read them: `files` or `words`, then a word a line, with a tab and a summary.
    ///
    /// - Parameters:
    ///   - arguments: the shell, then bash's line up to the cursor or the other shells' words, the program first.
    ///   - terminal: where to.
    func answer(_ arguments: [String], on terminal: Terminal) async {
        guard let shell = arguments.first.flatMap(Shell.init) else { return }
        let words =
            shell == .bash
            ? ShellWords.split(arguments.dropFirst().first ?? "") : Array(arguments.dropFirst())
        guard case .words(let candidates) = await candidates(for: Array(words.dropFirst())) else {
            return terminal.write("files\n")
        }
        // bash completes what follows the last of its word breaks only.
        let current = words.last ?? ""
        let skipped =
            shell == .bash ? current.prefix(through: current.lastIndex { ":=".contains($0) }).count : 0
        var text = "words\n"
        for candidate in candidates {
            text += candidate.word.dropFirst(skipped)
            text += shell == .bash ? "\n" : "\t\(printable(candidate.summary))\n"
        }
        terminal.write(text)
    }

    /// What can stand in the place of the last of `words`.
    func candidates(for words: [String]) async -> Answer {
        let current = words.last ?? ""
        let before = Array(words.dropLast())
        let parser = CommandLineParser(program: program)
        let (_, path, rest) = parser.split(before)
        let command = program.command(at: path)
        let flags = command.map { $0.run == nil ? program.flags : program.flags(of: $0) } ?? program.flags
        if let last = before.last, last != "--", let flag = flag(last, of: flags), flag.value != nil {
            return await matches(flag.values, current, words: before.dropLast(), command, path)
        }
        if current.hasPrefix("--"), let end = current.firstIndex(of: "="),
            let flag = flag(String(current[..<end]), of: flags)
        {
            let value = String(current[current.index(after: end)...])
            guard
                case .words(let candidates) = await matches(
                    flag.values,
                    value,
                    words: before[...],
                    command,
                    path
                )
            else { return .files }
            let prefix = current[...end]
            return .words(candidates.map { Candidate(word: prefix + $0.word, summary: $0.summary) })
        }
        if current.hasPrefix("-") {
            let all = flags + (path.isEmpty ? [.help, Flag("version", "Show the version")] : [])
            return matching(all.map { Candidate(word: "--\($0.name)", summary: $0.summary) }, from: current)
        }
        let nested = command?.commands ?? (path.isEmpty ? program.commands : [])
        if !nested.isEmpty, rest.isEmpty {
            return matching(nested.map { Candidate(word: $0.name, summary: $0.summary) }, from: current)
        }
        guard let command, !command.arguments.isEmpty else { return .words([]) }
        let position = positional(rest, flags).count
        var (index, first) = (0, 0)
        while index < command.arguments.count - 1,
            position >= first + command.arguments[index].count.upperBound
        {
            first += command.arguments[index].count.upperBound
            index += 1
        }
        guard position < first + command.arguments[index].count.upperBound else { return .words([]) }
        return await matches(command.arguments[index].values, current, words: before[...], command, path)
    }

    private func flag(_ word: String, of flags: [Flag]) -> Flag? {
        flags.first { "--\($0.name)" == word || $0.short.map { "-\($0)" } == word }
    }

    /// The words that are neither flags nor their values.
    private func positional(_ words: ArraySlice<String>, _ flags: [Flag]) -> [String] {
        var found: [String] = []
        var words = words
        while let word = words.popFirst() {
            if word == "--" { return found + words }
            guard word.hasPrefix("-"), word != "-" else {
                found.append(word)
                continue
            }
            if flag(word, of: flags)?.value != nil { words = words.dropFirst() }
        }
        return found
    }

    private func matches(
        _ values: CompletionValues,
        _ current: String,
        words before: ArraySlice<String>,
        _ command: Command?,
        _ path: [String]
    ) async -> Answer {
        switch values {
        case .files: return .files
        case .nothing: return .words([])
        case .words(let choices):
            return matching(choices.map { Candidate(word: $0, summary: "") }, from: current)
        case .asked(let ask):
            let flags = command.map { program.flags(of: $0) } ?? program.flags
            let invocation = Invocation(lenient: Array(before), flags: flags, path: path)
            let found = await ask(invocation).filter(isHarmless)
            return matching(found.map { Candidate(word: $0, summary: "") }, from: current)
        }
    }

    private func matching(_ candidates: [Candidate], from current: String) -> Answer {
        .words(candidates.filter { $0.word.hasPrefix(current) })
    }

    /// Ids come from whoever is scored: none may mean anything to a shell that it is put into unquoted.
    private func isHarmless(_ word: String) -> Bool {
        !word.isEmpty && !word.hasPrefix("-")
            && word.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    ? scalar.properties.isAlphabetic || "0123456789._@+,:/%=-".unicodeScalars.contains(scalar)
                    : scalar.properties.isAlphabetic
            }
    }
}

extension String {
    /// The text up to and with `index`; nothing when it is nil.
    fileprivate func prefix(through index: Index?) -> Substring {
        index.map { self[...$0] } ?? self[..<startIndex]
    }
}
