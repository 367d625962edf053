import Runtime
import WebClient

/// Events one after the other, over as many streams as it takes: what happens while none is open is told afterwards.
struct EventFeed: Sendable {
    let client: RiskdClient
    /// Told when the stream is lost and found again.
    let note: @Sendable (String) -> Void

    /// The event by which it is told that a stream is open: what happens from then on is told.
    static let opened = "open"

    private static let pause = Duration.milliseconds(500)

    /// Reads events until `body` says that it is enough, or the task is cancelled.
    ///
    /// - Parameters:
    ///   - last: the id to begin after; nil: from now on.
    ///   - body: gets each event; false ends it.
    /// - Throws: `ClientError` when riskd refuses; what `body` throws.
    func forEach(
        after last: String? = nil,
        _ body: @Sendable @escaping (StreamedEvent) async throws -> Bool
    ) async throws {
        let (stream, continuation) = AsyncStream<StreamedEvent>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await read(after: last, into: continuation)
            }
            group.addTask { for await event in stream where try await !body(event) { return } }
            // Reading ends by itself only when riskd refuses.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func read(
        after first: String?,
        into continuation: AsyncStream<StreamedEvent>.Continuation
    ) async throws {
        let last = Shared(first)
        var failures = 0
        while !Task.isCancelled {
            let hasHeard = Shared(false)
            do {
                try await client.listen(after: last.withLock { $0 }) { events, id in
                    if let id { last.withLock { $0 = id } }
                    let isFirst = hasHeard.withLock { hasHeard in
                        defer { hasHeard = true }
                        return !hasHeard
                    }
                    if isFirst { continuation.yield(StreamedEvent(id: nil, name: Self.opened, data: "")) }
                    for event in events { continuation.yield(event) }
                }
                failures = 0
                // riskd ends a stream after ten minutes; one that ends at once must not be asked for without a pause.
                try await Task.sleep(for: Self.pause)
            } catch let error as ClientError {
                if hasHeard.withLock({ $0 }) { failures = 0 }
                switch error {
                case .notReached(.cancelled, _): throw CancellationError()
                case .refused(let status, _, _) where status < 500 && status != 429: throw error
                case .notReached, .notConnected, .refused, .notUnderstood: break
                }
                failures += 1
                let seconds = min(30, 1 << min(failures - 1, 5))
                note("\(error); trying again in \(seconds) s, nothing is missed")
                try await Task.sleep(for: .seconds(seconds))
            }
        }
    }
}
