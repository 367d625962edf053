import Runtime

/// Text that several threads may append to.
final class Collected: Sendable {
    private let state = Locked("")

    func append(_ text: String) { state.withLock { $0 += text } }

    var text: String { state.withLock { $0 } }
}
