package import Console

/// Collects what a command writes.
package final class Screen: Sendable {
    private let output = Collected()
    private let error = Collected()
    /// Where the command writes.
    package let terminal: Terminal

    /// A screen with nothing on it.
    ///
    /// - Parameters:
    ///   - isErrorTerminal: whether messages may be rewritten.
    ///   - isColoured: whether data is coloured.
    ///   - columns: how wide it is; nil: data goes to no terminal.
    package init(isErrorTerminal: Bool = false, isColoured: Bool = false, columns: Int? = nil) {
        let (output, error) = (output, error)
        terminal = Terminal(
            isOutputColoured: isColoured,
            isOutputTerminal: columns != nil,
            columns: columns,
            isErrorTerminal: isErrorTerminal,
            output: { output.append($0) },
            error: { error.append($0) }
        )
    }

    /// Data.
    package var text: String { output.text }
    /// Messages.
    package var errors: String { error.text }
}
