import Runtime

/// Wakes workers when something was put into the outbox.
package final class DeliveryBell: Sendable {
    private struct State {
        var rings = 0
        var heard: [String: Int] = [:]
        var waiting: [String: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Locked(State())

    /// A bell that has not rung.
    package init() {}

    /// Wakes every worker; one that does not wait finds out when it next does.
    package func ring() {
        let waiting = state.withLock { state in
            state.rings += 1
            defer { state.waiting = [:] }
            for name in state.waiting.keys { state.heard[name] = state.rings }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Wakes one worker, as ``ring()`` does all.
    func ring(only name: String) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: name) }
        continuation?.resume()
    }

    /// Waits until the bell rings, or rang since the last wait of that name, but not longer than `duration`.
    func wait(for name: String, atMost duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.rung(for: name) }
            await group.next()
            group.cancelAll()
        }
    }

    private func rung(for name: String) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDone = state.withLock { state in
                    if Task.isCancelled || state.heard[name, default: 0] < state.rings {
                        state.heard[name] = state.rings
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
