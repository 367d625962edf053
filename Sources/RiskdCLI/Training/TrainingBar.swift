import Console
import RiskdTraining
import Runtime
import Training

/// Shows how far a training is: a line that is rewritten on a terminal, a line every ten seconds elsewhere.
final class TrainingBar: Sendable {
    private static let width = 24

    private let epochs: Int
    private let terminal: Terminal
    private let state = Locked<State>(State())

    private struct State {
        var last: ContinuousClock.Instant?
        var epoch = 0
        var phase = ""
        var figures = ""
    }

    init(epochs: Int, _ terminal: Terminal) {
        self.epochs = epochs
        self.terminal = terminal
    }

    /// Shows an event; most calls show nothing.
    func show(_ event: TrainingSession.Event) {
        state.withLock { state in
            switch event {
            case .resumed(let phase, let epochs):
                terminal.note("resuming after \(epochs) epochs of the \(phase)")
                state.epoch = epochs
            case .shown(let count, let total):
                let share = Double(count) / Double(max(total, 1))
                draw(&state, share: share, isForced: false)
            case .finished(let epoch, let phase):
                if phase != state.phase, !state.phase.isEmpty { finish(&state) }
                state.phase = phase
                state.epoch = epoch.number
                let accuracy = epoch.accuracy.map { ", validation accuracy \(percent($0))" } ?? ""
                state.figures =
                    "loss \(short(epoch.loss)), validation \(short(epoch.validationLoss))\(accuracy)"
                draw(&state, share: 0, isForced: epoch.number == epochs)
            }
        }
    }

    private func draw(_ state: inout State, share: Double, isForced: Bool) {
        let interval: Duration = terminal.isErrorTerminal ? .milliseconds(100) : .seconds(10)
        let now = ContinuousClock.now
        guard let last = state.last, !isForced else {
            state.last = now
            return
        }
        guard now - last >= interval else { return }
        state.last = now
        let part = min(1, (Double(state.epoch) + share) / Double(epochs))
        let filled = Int(part * Double(Self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        let line = "training [\(bar)] epoch \(min(state.epoch + 1, epochs)) of \(epochs)"
        let text = state.figures.isEmpty ? line : "\(line), \(state.phase): \(state.figures)"
        if terminal.isErrorTerminal {
            terminal.writeRawError("\r\u{1B}[K" + text)
        } else {
            terminal.note(text)
        }
    }

    /// Leaves the last line of a network standing.
    private func finish(_ state: inout State) {
        if terminal.isErrorTerminal { terminal.writeRawError("\r\u{1B}[K") }
        terminal.note("\(state.phase) trained: \(state.epoch) epochs, \(state.figures)")
    }

    /// Shows how the last network ended.
    func finish() {
        state.withLock { state in
            guard !state.phase.isEmpty else { return }
            finish(&state)
        }
    }
}

/// Four digits that count.
private func short(_ value: Double) -> String {
    let scale = value >= 100 ? 1.0 : value >= 1 ? 1000 : 100_000
    return decimal((value * scale).rounded() / scale)
}

/// A share in percent with one decimal.
func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
