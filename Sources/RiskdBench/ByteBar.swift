import RiskdCLI
import Runtime

/// A progress in bytes that other tasks report.
final class ByteBar: Sendable {
    private let label: String
    private let terminal: Terminal
    private let state = Locked<(progress: RiskdCLI.Progress?, last: Int)>((nil, 0))

    init(_ label: String, _ terminal: Terminal) {
        self.label = label
        self.terminal = terminal
    }

    func update(_ done: Int64, of total: Int64?) {
        let (label, terminal) = (label, terminal)
        state.withLock { state in
            var progress =
                state.progress ?? RiskdCLI.Progress(label, total: total.map { Int($0) }, on: terminal)
            progress.update(Int(done))
            state = (progress, Int(done))
        }
    }

    func finish() { state.withLock { state in state.progress?.finish(state.last) } }
}
