import Domain
import Runtime
package import Storage

/// Actions on their way from the database to the pipeline, which applies them between two ticks.
package final class ActionInbox: Sendable {
    private let state = Locked(State())

    private struct State {
        var round = 0
        var waiting: [PendingAction] = []
        /// What was handed over; the database may not show yet that it was applied.
        var taken: Set<Int64> = []
    }

    /// An empty inbox.
    package init() {}

    /// Counts how often what is known of the database turned out to be of the past.
    package var round: Int { state.withLock { $0.round } }

    /// Replaces what waits by what the database shows now.
    ///
    /// - Parameters:
    ///   - pending: every action that is not applied, in order.
    ///   - round: as it was before the database was asked; of an earlier one nothing is taken.
    package func put(_ pending: [PendingAction], in round: Int) {
        state.withLock { state in
            if round == state.round { state.waiting = pending }
        }
    }

    /// Forgets what waits: alerts in the database are not what they were.
    package func reset() {
        state.withLock { state in
            state.round += 1
            state.waiting = []
        }
    }

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
