import Domain
import Runtime
package import Storage

/// Actions on their way from the database to the pipeline, which applies them between two ticks.
package final class ActionInbox: Sendable {
    private let state = Locked(State())

    private struct State {
        var waiting: [PendingAction] = []
        /// What was handed over; the database may not show yet that it was applied.
        var taken: Set<Int64> = []
    }

    /// An empty inbox.
    package init() {}

    /// Replaces what waits by what the database shows now.
    ///
    /// - Parameter pending: every action that is not applied, in order.
    package func put(_ pending: [PendingAction]) { state.withLock { $0.waiting = pending } }

    /// Hands over what waits, each action once.
    ///
    /// - Returns: actions in order.
    package func take() -> [PendingAction] {
        state.withLock { state in
            let fresh = state.waiting.filter { state.taken.insert($0.action.id).inserted }
            state.waiting = []
            return fresh
        }
    }
}
