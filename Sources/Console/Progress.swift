import Domain

/// Shows how far a long command is: a bar on a terminal, a line now and then elsewhere.
package struct Progress: Sendable {
    private static let barWidth = 24

    private let label: String
    private let total: Int?
    private let isBytes: Bool
    private let terminal: Terminal
    private let start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant?

    /// A progress that has not begun.
    ///
    /// - Parameters:
    ///   - label: what is being done, such as `replaying`.
    ///   - total: how many things there are; nil when unknown.
    ///   - isBytes: whether the things are bytes, which are shown in kB or MB.
    ///   - terminal: its message stream shows the progress.
    ///   - now: when the work begins.
    package init(
        _ label: String,
        total: Int?,
        isBytes: Bool = false,
        on terminal: Terminal,
        at now: ContinuousClock.Instant = .now
    ) {
        self.label = label
        self.total = total
        self.isBytes = isBytes
        self.terminal = terminal
        start = now
    }

    /// Shows that `count` things are done; most calls show nothing.
    ///
    /// - Parameters:
    ///   - count: things done since the beginning.
    ///   - now: the time of the call.
    package mutating func update(_ count: Int, at now: ContinuousClock.Instant = .now) {
        let interval: Duration = terminal.isErrorTerminal ? .milliseconds(100) : .seconds(10)
        guard now - (last ?? start) >= interval || (last == nil && terminal.isErrorTerminal) else { return }
        last = now
        if terminal.isErrorTerminal {
            terminal.writeRawError("\r\u{1B}[K" + line(count, now))
        } else {
            terminal.note(line(count, now))
        }
    }

    /// Shows the end.
    ///
    /// - Parameters:
    ///   - count: things done.
    ///   - now: the time of the call.
    package mutating func finish(_ count: Int, at now: ContinuousClock.Instant = .now) {
        if terminal.isErrorTerminal { terminal.writeRawError("\r\u{1B}[K") }
        terminal.note(line(count, now))
    }

    private func line(_ count: Int, _ now: ContinuousClock.Instant) -> String {
        let seconds = (now - start).inSeconds
        let rate = amount(seconds > 0 ? Int(Double(count) / seconds) : 0) + "/s"
        guard let total, total > 0 else { return "\(label): \(amount(count)), \(rate)" }
        let share = min(1, Double(count) / Double(total))
        let filled = Int(share * Double(Self.barWidth))
        let bar =
            String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barWidth - filled)
        let figures = "\(Int(share * 100))% of \(amount(total)), \(rate)"
        return terminal.isErrorTerminal ? "\(label) [\(bar)] \(figures)" : "\(label): \(figures)"
    }

    private func amount(_ count: Int) -> String {
        guard isBytes else { return String(count) }
        return count < 1_000_000
            ? oneDecimal(Double(count) / 1000) + " kB" : oneDecimal(Double(count) / 1_000_000) + " MB"
    }
}
