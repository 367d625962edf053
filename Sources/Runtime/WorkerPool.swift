@preconcurrency import Dispatch

/// A fixed number of threads for CPU work, so that long kernels never hold the cooperative pool.
package final class WorkerPool: Sendable {
    /// How many pieces run at once.
    package let width: Int
    private let queue: DispatchQueue
    private let onPiece: @Sendable () -> Void

    /// A pool.
    ///
    /// - Parameters:
    ///   - width: threads, at least 1.
    ///   - onPiece: called after each piece, by the thread that worked on it: the work goes on.
    /// - Precondition: `width > 0`.
    package init(width: Int, onPiece: @escaping @Sendable () -> Void = {}) {
        precondition(width > 0)
        self.width = width
        self.onPiece = onPiece
        queue = DispatchQueue(label: "riskd.workers", attributes: .concurrent)
    }

    /// Calls `body` once for every index of `0 ..< count`, `width` at a time, in no order, and waits for all.
    ///
    /// - Parameters:
    ///   - count: how many pieces there are.
    ///   - body: works on one piece; pieces must not depend on each other.
    package func forEach(count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        guard count > 0 else { return }
        let next = Locked(0)
        let state = PieceCounter(next: next)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(width, count) {
                group.addTask { [queue, onPiece] in
                    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                        queue.async {
                            while let piece = state.take(below: count) {
                                body(piece)
                                onPiece()
                            }
                            done.resume()
                        }
                    }
                }
            }
        }
    }

    /// Calls `body` for every index of `0 ..< count` and returns the results in order.
    ///
    /// - Parameters:
    ///   - count: how many pieces there are.
    ///   - body: works on one piece.
    /// - Returns: the results, by index.
    package func map<Result: Sendable>(
        count: Int,
        _ body: @escaping @Sendable (Int) -> Result
    ) async -> [Result] {
        let results = ResultTable<Result>(count: count)
        await forEach(count: count) { index in results.set(body(index), at: index) }
        return results.take()
    }
}

private final class PieceCounter: Sendable {
    private let next: Locked<Int>

    init(next: consuming Locked<Int>) { self.next = next }

    func take(below count: Int) -> Int? {
        next.withLock { index in
            guard index < count else { return nil }
            index += 1
            return index - 1
        }
    }
}

private final class ResultTable<Element: Sendable>: Sendable {
    private let slots: Locked<[Element?]>

    init(count: Int) { slots = Locked([Element?](repeating: nil, count: count)) }

    func set(_ element: Element, at index: Int) { slots.withLock { $0[index] = element } }

    func take() -> [Element] { slots.withLock { $0.compactMap { $0 } } }
}
