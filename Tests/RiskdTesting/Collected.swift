import Runtime

/// Text that several threads may append to.
package final class Collected: Sendable {
    private let state = Locked("")

    /// No text.
    package init() {}

    /// Adds to the end.
    package func append(_ text: String) { state.withLock { $0 += text } }

    /// All that was added.
    package var text: String { state.withLock { $0 } }
}
