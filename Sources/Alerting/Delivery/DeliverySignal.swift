import Runtime

/// Wakes workers when something was put into the outbox.
package final class DeliverySignal: Sendable {
    private struct State {
        var sendings = 0
        var seen: [String: Int] = [:]
        var waiting: [String: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Locked(State())

    /// A signal that was not sent yet.
    package init() {}

    /// Wakes every worker; one that does not wait finds out when it next does.
    package func send() {
        let waiting = state.withLock { state in
            state.sendings += 1
            defer { state.waiting = [:] }
            for name in state.waiting.keys { state.seen[name] = state.sendings }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Wakes one worker, as ``send()`` does all.
    func send(only name: String) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: name) }
        continuation?.resume()
    }

    /// Waits until the signal comes, or came since the last wait of that name, but not longer than `duration`.
    func wait(for name: String, atMost duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.sent(for: name) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sent(for name: String) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDone = state.withLock { state in
                    if Task.isCancelled || state.seen[name, default: 0] < state.sendings {
                        state.seen[name] = state.sendings
                        return true
                    }
                    state.waiting[name] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiting.removeValue(forKey: name) }
            continuation?.resume()
        }
    }
}
