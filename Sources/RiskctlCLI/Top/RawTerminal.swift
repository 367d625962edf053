import Glibc

/// The terminal in raw mode on its second screen; it is as it was when this is over.
struct RawTerminal: ~Copyable {
    private let saved: termios

    /// Enters; nil where standard input or output is no terminal.
    static func enter() -> RawTerminal? {
        var mode = termios()
        guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &mode) == 0 else { return nil }
        let saved = mode
        // No echo, no lines; signals of keys stay, and so does the translation of line ends.
        mode.c_lflag &= ~tcflag_t(ECHO | ICANON)
        // A read waits a tenth of a second at most.
        withUnsafeMutableBytes(of: &mode.c_cc) { keys in
            keys[Int(VMIN)] = 0
            keys[Int(VTIME)] = 1
        }
        // What was typed ahead counts.
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0 else { return nil }
        write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
        return RawTerminal(saved)
    }

    private init(_ saved: termios) { self.saved = saved }

    deinit {
        Self.write("\u{1B}[?25h\u{1B}[?1049l")
        var mode = saved
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode)
    }

    /// Draws lines from the top left corner on, and clears what is beside and below them.
    borrowing func draw(_ lines: [String]) {
        Self.write("\u{1B}[H" + lines.joined(separator: "\u{1B}[K\r\n") + "\u{1B}[K\u{1B}[J")
    }

    /// The keys that were pressed since the last call, waiting for one a tenth of a second at most.
    borrowing func keys() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)))
    }

    private static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
