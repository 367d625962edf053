/// Shell completion from the program's table.
struct Completion {
    let program: Program

    /// A bash script that completes commands, flags, choices and files.
    var bash: String {
        var cases = ""
        for (path, command) in all(program.commands, []) {
            let words = command.commands.map(\.name) + (command.flags + [.help]).map { "--\($0.name)" }
            cases += "        '\(path.joined(separator: " "))') words='\(words.joined(separator: " "))' ;;\n"
        }
        var choices = ""
        for (path, command) in all(program.commands, []) {
            for flag in command.flags where !flag.choices.isEmpty {
                let key = path.joined(separator: " ") + " --" + flag.name
                choices += "        '\(key)') words='\(flag.choices.joined(separator: " "))' ;;\n"
            }
        }
        let top = (program.commands.map(\.name) + ["--help", "--version"]).joined(separator: " ")
        let known = all(program.commands, []).map { "'\($0.path.joined(separator: " "))'" }.joined(
            separator: " | "
        )
        let function = "_" + program.name.filter { $0.isLetter }
        return """
            # bash completion for \(program.name); load it with: source <(\(program.name) completion)
            \(function)() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                local path='' words='\(top)' word
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case "${path:+$path }$word" in
                        \(known)) path="${path:+$path }$word" ;;
                        *) break ;;
                    esac
                done
                case "$path" in
            \(cases)    esac
                case "$path $previous" in
            \(choices)    esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -o bashdefault -o default -F \(function) \(program.name)

            """
    }

    private func all(_ commands: [Command], _ path: [String]) -> [(path: [String], command: Command)] {
        commands.flatMap { [(path + [$0.name], $0)] + all($0.commands, path + [$0.name]) }
    }
}
