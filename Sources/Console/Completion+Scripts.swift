extension Completion.Shell {
    /// A script that makes the shell ask `program`.
    ///
    /// - Parameter program: its name, as it is typed.
    /// - Returns: the script.
    func script(for program: String) -> String {
        let function = "_" + program.filter { $0.isLetter || $0.isNumber }
        let text =
            switch self {
            case .bash: Self.bashScript
            case .zsh: Self.zshScript
            case .fish: Self.fishScript
            }
        return text.replacing("PROGRAM", with: program).replacing("FUNCTION", with: function)
    }

    private static let bashScript = """
        # bash completion for PROGRAM; load it with: source <(PROGRAM completion bash)
        FUNCTION() {
            local -a answer=()
            mapfile -t answer < <(PROGRAM __complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
            COMPREPLY=()
            if [[ "${answer[0]-}" == files ]]; then
                compopt -o default 2>/dev/null
            else
                COMPREPLY=("${answer[@]:1}")
            fi
        }
        complete -F FUNCTION PROGRAM

        """

    private static let zshScript = """
        #compdef PROGRAM
        # zsh completion for PROGRAM; load it with: source <(PROGRAM completion zsh)
        FUNCTION() {
            local -a answer candidates
            local line
            answer=("${(@f)$(PROGRAM __complete zsh "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
            if [[ "$answer[1]" == files ]]; then
                _files
                return
            fi
            for line in "${(@)answer[2,-1]}"; do
                candidates+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
            done
            _describe -V PROGRAM candidates
        }
        if [[ "$funcstack[1]" == FUNCTION ]]; then
            FUNCTION "$@"
        else
            compdef FUNCTION PROGRAM
        fi

        """

    private static let fishScript = """
        # fish completion for PROGRAM; load it with: PROGRAM completion fish | source
        function FUNCTION
            set -l token (commandline -ct)
            set -l answer (PROGRAM __complete fish (commandline -opc) "$token" 2>/dev/null)
            if test "$answer[1]" = files
                __fish_complete_path "$token"
            else if test (count $answer) -gt 1
                printf '%s\\n' $answer[2..-1]
            end
        end
        complete -c PROGRAM -f -a '(FUNCTION)'

        """
}

extension Command {
    /// `completion`, which every program has.
    ///
    /// - Parameter program: its name.
    /// - Returns: the command.
    static func completion(of program: String) -> Command {
        Command(
            "completion",
            "Print a script by which a shell completes commands, flags and values",
            discussion: """
                bash: source <(\(program) completion bash)
                zsh: source <(\(program) completion zsh)
                fish: \(program) completion fish | source
                """,
            arguments: [
                Argument(
                    "SHELL",
                    "bash, zsh or fish; bash unless given",
                    count: 0...1,
                    values: .words(Completion.Shell.allCases.map(\.rawValue))
                )
            ]
        ) { invocation in
            let name = invocation.arguments.first ?? Completion.Shell.bash.rawValue
            guard let shell = Completion.Shell(rawValue: name) else {
                let known = Completion.Shell.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("expected one of \(known), got '\(name)'")
            }
            invocation.terminal.write(shell.script(for: program))
            return .ok
        }
    }
}
