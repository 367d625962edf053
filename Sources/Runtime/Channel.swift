/// A queue between two stages that holds at most `capacity` elements.
///
/// `send` waits while the queue is full, so a slow reader slows its writer. One task reads.
package final class Channel<Element: Sendable>: Sendable {
    private let state: Locked<ChannelState<Element>>

    /// - Precondition: `capacity > 0`.
    package init(capacity: Int) { state = Locked(ChannelState(capacity: capacity)) }

    /// Appends `element`, waiting while the queue is full.
    /// - Throws: `CancellationError` when the task was cancelled before there was room.
    package func send(_ element: Element) async throws {
        let id = state.withLock { $0.makeID() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (sender: CheckedContinuation<Void, any Error>) in
                // Asked under the lock: a cancellation either shows here or finds the parked sender.
                state.withLock { $0.send(element, id, sender, isCancelled: Task.isCancelled) }()
            }
        } onCancel: {
            state.withLock { $0.cancelSend(id) }()
        }
    }

    /// Ends the sequence after what was sent.
    package func finish() { state.withLock { $0.finish() }() }

    /// Ends the channel from the reader's side: what waits is dropped, and its senders throw `CancellationError`.
    package func abandon() { state.withLock { $0.abandon() }() }

    /// Whether the reader has gone.
    package var isAbandoned: Bool { state.withLock { $0.isAbandoned } }
}

extension Channel: AsyncSequence {
    package struct AsyncIterator: AsyncIteratorProtocol {
        let channel: Channel
        package func next() async -> Element? { await channel.receive() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(channel: self) }

    private func receive() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { receiver in
                state.withLock { $0.receive(receiver, isCancelled: Task.isCancelled) }()
            }
        } onCancel: {
            state.withLock { $0.cancelReceive() }()
        }
    }
}

/// What a ``Channel`` holds, and who waits for it; each step returns what to do outside the lock.
struct ChannelState<Element: Sendable> {
    typealias Sender = CheckedContinuation<Void, any Error>
    typealias Receiver = CheckedContinuation<Element?, Never>
    typealias Action = @Sendable () -> Void

    private let capacity: Int
    private var buffer: [Element] = []
    private var waiting: [(id: Int, element: Element, sender: Sender)] = []
    private var receiver: Receiver?
    private var isFinished = false
    private(set) var isAbandoned = false
    private var lastID = 0

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    mutating func makeID() -> Int {
        lastID += 1
        return lastID
    }

    mutating func send(_ element: Element, _ id: Int, _ sender: Sender, isCancelled: Bool) -> Action {
        if isCancelled || isFinished { return { sender.resume(throwing: CancellationError()) } }
        if let receiver {
            self.receiver = nil
            return {
                receiver.resume(returning: element)
                sender.resume()
            }
        }
        guard buffer.count < capacity else {
            waiting.append((id, element, sender))
            return {}
        }
        buffer.append(element)
        return { sender.resume() }
    }

    mutating func receive(_ receiver: Receiver, isCancelled: Bool) -> Action {
        guard !buffer.isEmpty else {
            if isFinished || isCancelled { return { receiver.resume(returning: nil) } }
            precondition(self.receiver == nil, "a channel has one reader")
            self.receiver = receiver
            return {}
        }
        let element = buffer.removeFirst()
        guard !waiting.isEmpty else { return { receiver.resume(returning: element) } }
        let next = waiting.removeFirst()
        buffer.append(next.element)
        return {
            next.sender.resume()
            receiver.resume(returning: element)
        }
    }

    mutating func cancelSend(_ id: Int) -> Action {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return {} }
        let sender = waiting.remove(at: index).sender
        return { sender.resume(throwing: CancellationError()) }
    }

    mutating func cancelReceive() -> Action {
        guard let receiver else { return {} }
        self.receiver = nil
        return { receiver.resume(returning: nil) }
    }

    mutating func finish() -> Action {
        isFinished = true
        guard let receiver else { return {} }
        self.receiver = nil
        return { receiver.resume(returning: nil) }
    }

    mutating func abandon() -> Action {
        isAbandoned = true
        let senders = waiting.map(\.sender)
        waiting = []
        buffer = []
        let finish = finish()
        return {
            for sender in senders { sender.resume(throwing: CancellationError()) }
            finish()
        }
    }
}
