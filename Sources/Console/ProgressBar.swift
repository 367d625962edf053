import Runtime

/// A progress that is told bytes, or other things, from another task, its total as late as the first report.
package final class ProgressBar: Sendable {
    private let label: String
    private let terminal: Terminal
    private let isBytes: Bool
    private let state = Locked<State>(State())

    private struct State {
        var progress: Progress?
        var last = 0
    }

    /// A progress that has not begun.
    ///
    /// - Parameters:
    ///   - label: says what goes on.
    ///   - terminal: where it is shown.
    ///   - isBytes: whether what is done is bytes.
    package init(_ label: String, _ terminal: Terminal, isBytes: Bool = true) {
        self.label = label
        self.terminal = terminal
        self.isBytes = isBytes
    }

    /// Shows how far the work is; most calls show nothing.
    ///
    /// - Parameters:
    ///   - done: how much is done.
    ///   - total: how much there is; nil while nobody knows.
    package func update(_ done: Int64, of total: Int64?) {
        let (label, terminal, isBytes) = (label, terminal, isBytes)
        state.withLock { state in
            if state.progress == nil { terminal.note("\(label) begins") }
            var progress =
                state.progress
                ?? Progress(label, total: total.map { Int($0) }, isBytes: isBytes, on: terminal)
            progress.update(Int(done))
            state.progress = progress
            state.last = Int(done)
        }
    }

    /// Shows the end.
    package func finish() {
        state.withLock { state in state.progress?.finish(state.last) }
    }
}
