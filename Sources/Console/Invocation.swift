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

    /// A number that a flag gives.
    ///
    /// - Parameters:
    ///   - flag: the flag's name.
    ///   - fallback: what counts when it was not given.
    ///   - range: what is allowed.
    /// - Returns: the number.
    /// - Throws: `UsageError` for anything else.
    package func number<Number: LosslessStringConvertible & Comparable>(
        _ flag: String,
        _ fallback: Number,
        in range: ClosedRange<Number>
    ) throws(UsageError) -> Number {
        guard let text = value(flag) else { return fallback }
        guard let number = Number(text), range.contains(number) else {
            throw UsageError("--\(flag) must be \(range.lowerBound) to \(range.upperBound), got '\(text)'")
        }
        return number
    }

    /// The format that `--output` asks for.
    package var format: OutputFormat { value("output").flatMap(OutputFormat.init) ?? .table }
}

extension Invocation {
    /// What is understood of an unfinished command line; nothing is required and nothing refused.
    init(lenient words: [String], flags: [Flag], path: [String]) {
        var options: [String: [String]] = [:]
        var positional: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            let name = word.prefix { $0 != "=" }
            guard
                let flag = flags.first(where: { "--\($0.name)" == name || $0.short.map { "-\($0)" } == word })
            else {
                if !word.hasPrefix("-") { positional.append(word) }
                continue
            }
            if flag.value == nil {
                options[flag.name, default: []].append("")
            } else if let end = word.firstIndex(of: "=") {
                options[flag.name, default: []].append(String(word[word.index(after: end)...]))
            } else if let value = rest.popFirst() {
                options[flag.name, default: []].append(value)
            }
        }
        self.init(
            path: path,
            arguments: Array(positional.dropFirst(path.count)),
            options: options,
            terminal: Terminal(output: { _ in }, error: { _ in })
        )
    }
}
