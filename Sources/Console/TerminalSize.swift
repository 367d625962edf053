import Glibc

/// How large a terminal is, in cells.
package struct TerminalSize: Hashable, Sendable {
    /// Cells in a line.
    package let columns: Int
    /// Lines.
    package let rows: Int

    /// The size of the terminal on standard output; nil where there is none or it does not say.
    package static var current: TerminalSize? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}
