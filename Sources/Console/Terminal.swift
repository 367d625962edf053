import Glibc
import Runtime

/// Where a command's output goes: data to one stream, messages to another.
package struct Terminal: Sendable {
    /// Emphasis, where the output is a terminal.
    package enum Style: String, Hashable, Sendable {
        case bold = "1"
        case alarm = "1;37;41"
        case dim = "2"
        case red = "31"
        case yellow = "33"
        case green = "32"
        case cyan = "36"
        case reversed = "7"
        // Nearest to the levels' colours of the 256 that terminals have (docs/design/people.md#levels-to-the-eye).
        case grey = "38;5;245"
        case skyBlue = "38;5;74"
        case paleYellow = "38;5;227"
        case orange = "38;5;214"
        case vermilion = "1;38;5;202"
    }

    /// Whether data may be coloured.
    package let isOutputColoured: Bool
    /// Whether data goes to a terminal, which must not be driven by what is in it.
    package let isOutputTerminal: Bool
    /// How many cells wide the terminal is that data goes to; nil where it goes elsewhere.
    package let columns: Int?
    /// Whether messages go to a terminal, so that a line may be rewritten.
    package let isErrorTerminal: Bool
    private let isErrorColoured: Bool
    private let output: @Sendable (String) -> Void
    private let error: @Sendable (String) -> Void

    /// A terminal.
    ///
    /// - Parameters:
    ///   - isOutputColoured: whether data may be coloured.
    ///   - isOutputTerminal: whether data goes to a terminal.
    ///   - columns: how wide that is.
    ///   - isErrorTerminal: whether messages go to a terminal.
    ///   - isErrorColoured: whether messages may be coloured.
    ///   - output: takes data.
    ///   - error: takes messages.
    package init(
        isOutputColoured: Bool = false,
        isOutputTerminal: Bool = false,
        columns: Int? = nil,
        isErrorTerminal: Bool = false,
        isErrorColoured: Bool = false,
        output: @escaping @Sendable (String) -> Void,
        error: @escaping @Sendable (String) -> Void
    ) {
        self.isOutputColoured = isOutputColoured
        self.isOutputTerminal = isOutputTerminal
        self.columns = columns
        self.isErrorTerminal = isErrorTerminal
        self.isErrorColoured = isErrorColoured
        self.output = output
        self.error = error
    }

    /// Standard output and standard error; colour only on a terminal and when NO_COLOR is unset or empty.
    package static var standard: Terminal { standard(endsWithReader: false) }

    /// Standard output and standard error.
    ///
    /// - Parameter endsWithReader: whether the process ends, and has succeeded, when nobody reads its data any more:
    ///   for commands that go on until they are interrupted (`riskctl events -f | head`).
    /// - Returns: the terminal.
    package static func standard(endsWithReader: Bool) -> Terminal {
        let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        let isErrorTerminal = isatty(STDERR_FILENO) == 1
        let isOutputTerminal = isatty(STDOUT_FILENO) == 1
        return Terminal(
            isOutputColoured: isOutputTerminal && !noColour && !isDumb,
            isOutputTerminal: isOutputTerminal,
            columns: isOutputTerminal ? TerminalSize.current?.columns : nil,
            isErrorTerminal: isErrorTerminal && !isDumb,
            isErrorColoured: isErrorTerminal && !noColour && !isDumb,
            output: { if !writeAll($0, to: STDOUT_FILENO), endsWithReader { exit(0) } },
            error: { writeAll($0, to: STDERR_FILENO) }
        )
    }

    /// Writes data as it is; what came from outside must have gone through `printable`.
    package func write(_ text: String) { output(text) }

    /// Writes a line of data that programs read: as it is to a file, with control characters escaped to a terminal.
    package func writeData(_ line: String) {
        guard isOutputTerminal else { return output(line) }
        output(printable(line.last?.isNewline == true ? String(line.dropLast()) : line) + "\n")
    }

    /// Writes JSON: as it is to a file; to a terminal with what could drive it as escape sequences of JSON.
    package func writeJSON(_ text: String) {
        output(isOutputTerminal ? escapingControls(text) : text)
    }

    /// Writes a line of data, with control characters escaped.
    package func writeLine(_ text: String) { output(printable(text) + "\n") }

    /// Writes a message for the person at the terminal, with control characters escaped.
    ///
    /// - Parameters:
    ///   - text: a sentence.
    ///   - isHint: whether it only helps with the message before it.
    package func writeError(_ text: String, isHint: Bool = false) {
        let line = printable(text)
        guard !isHint else {
            error(line + "\n")
            return
        }
        error((isErrorColoured ? "\u{1B}[31merror:\u{1B}[0m " : "error: ") + line + "\n")
    }

    /// Writes a note to the message stream, with control characters escaped.
    package func note(_ text: String) { error(printable(text) + "\n") }

    /// Writes raw text to the message stream.
    package func writeRawError(_ text: String) { error(text) }

    /// `text`, emphasised where data may be coloured.
    ///
    /// - Parameters:
    ///   - text: printable text.
    ///   - style: how.
    /// - Returns: the text with escape sequences, or as it was.
    package func styled(_ text: String, _ style: Style) -> String {
        isOutputColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
