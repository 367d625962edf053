/// Raised once, from anywhere, to ask a loop to end when it is ready.
package final class StopFlag: Sendable {
    private let state = Locked<State>(State())

    private struct State {
        var raisedAt: ContinuousClock.Instant?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastID = 0
    }

    /// A flag that is down.
    package init() {}

    /// Whether the flag is up.
    package var isRaised: Bool { state.withLock { $0.raisedAt != nil } }

    /// How long what is under way may still take when the flag is up; service managers and people wait five seconds.
    package static let grace = Duration.seconds(3)

    /// Whether the flag has been up for so long (``grace``) that what still waits should give up.
    package var isOverdue: Bool { isUp(for: Self.grace) }

    /// Whether the flag has been up for that long.
    ///
    /// - Parameter duration: how long.
    /// - Returns: whether it has.
    package func isUp(for duration: Duration) -> Bool {
        state.withLock { state in state.raisedAt.map { ContinuousClock.now - $0 > duration } ?? false }
    }

    /// Raises the flag and ends every wait.
    package func raise() {
        let waiting = state.withLock { state in
            state.raisedAt = state.raisedAt ?? .now
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until the flag is up, but no longer than `duration`.
    ///
    /// - Parameter duration: the longest wait.
    /// - Throws: `CancellationError` when the task is cancelled.
    package func wait(atMost duration: Duration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Task.sleep(for: duration) }
            group.addTask { await self.raised() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Waits until the flag is up or the task is cancelled.
    package func raised() async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                // Under the lock: a cancellation before this is seen here, one after it finds the continuation.
                let isDone = state.withLock { state in
                    if state.raisedAt != nil || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiting.removeValue(forKey: id) }
            continuation?.resume()
        }
    }
}
