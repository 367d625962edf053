import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct ChannelTests {
    @Test func `elements arrive in the order in which they were sent`() async throws {
        let channel = Channel<Int>(capacity: 4)
        async let received = channel.reduce(into: [Int]()) { $0.append($1) }
        for element in 0..<1000 { try await channel.send(element) }
        channel.finish()
        #expect(await received == Array(0..<1000))
    }

    @Test func `a sender waits while the queue is full`() async throws {
        let channel = Channel<Int>(capacity: 2)
        try await channel.send(1)
        try await channel.send(2)
        let third = Task { @concurrent in try await channel.send(3) }
        let isDone = Flag()
        let watcher = Task { @concurrent in
            try await third.value
            isDone.set()
        }
        for _ in 0..<50 { await Task.yield() }
        #expect(!isDone.value)
        let iterator = channel.makeAsyncIterator()
        #expect(await iterator.next() == 1)
        try await watcher.value
        #expect(await iterator.next() == 2)
        #expect(await iterator.next() == 3)
    }

    @Test func `what was sent before the end still arrives, also from waiting senders`() async throws {
        let channel = Channel<Int>(capacity: 1)
        try await channel.send(1)
        let waiting = Task { @concurrent in try await channel.send(2) }
        // A second sender parks behind the first only once that one has parked.
        for _ in 0..<1000 { await Task.yield() }
        var received: [Int] = []
        if let first = await channel.first(where: { _ in true }) { received.append(first) }
        try await waiting.value
        channel.finish()
        for await element in channel { received.append(element) }
        #expect(received == [1, 2])
        await #expect(throws: CancellationError.self) { try await channel.send(3) }
    }

    @Test func `an ended channel wakes its reader`() async {
        let channel = Channel<Int>(capacity: 1)
        async let nothing = channel.first { _ in true }
        for _ in 0..<100 { await Task.yield() }
        channel.finish()
        #expect(await nothing == nil)
    }

    @Test(arguments: [1, 3, 64])
    func `sixteen writers, half of them cancelled: nothing is lost and nothing comes twice`(
        capacity: Int
    ) async throws {
        let channel = Channel<Int>(capacity: capacity)
        let reader = Task { @concurrent in
            var received: [Int] = []
            for await element in channel { received.append(element) }
            return received
        }
        let writers = (0..<16).map { writer in
            Task { @concurrent in
                var sent: [Int] = []
                for index in 0..<1000 {
                    let element = writer * 1000 + index
                    guard (try? await channel.send(element)) != nil else { break }
                    sent.append(element)
                }
                return sent
            }
        }
        for writer in writers.prefix(8) {
            await Task.yield()
            writer.cancel()
        }
        var sent: [[Int]] = []
        for writer in writers { sent.append(await writer.value) }
        channel.finish()
        let received = await reader.value
        #expect(sent.suffix(8).allSatisfy { $0.count == 1000 })
        // Each writer's elements arrive in its order; an element counts as sent exactly if it was received.
        for writer in 0..<16 { #expect(received.filter { $0 / 1000 == writer } == sent[writer]) }
        #expect(received.count == sent.reduce(0) { $0 + $1.count })
    }

    @Test func `a cancelled sender never waits on, however the race ends`() async throws {
        let channel = Channel<Int>(capacity: 1)
        try await channel.send(0)
        for index in 1...20_000 {
            let sender = Task { @concurrent in try await channel.send(index) }
            if index % 2 == 0 { await Task.yield() }
            sender.cancel()
            await #expect(throws: CancellationError.self) { try await sender.value }
        }
        channel.finish()
        #expect(await channel.reduce(into: [Int]()) { $0.append($1) } == [0])
    }

    @Test func `a cancelled reader never waits on, however the race ends`() async {
        let channel = Channel<Int>(capacity: 1)
        for index in 1...20_000 {
            let reader = Task { @concurrent in await channel.first { _ in true } }
            if index % 2 == 0 { await Task.yield() }
            reader.cancel()
            #expect(await reader.value == nil)
        }
    }
}

private final class Flag: Sendable {
    private let state = Locked(false)
    var value: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
