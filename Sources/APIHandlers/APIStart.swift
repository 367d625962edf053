import Runtime

/// Waits for the API to begin, which it does once there is something to see, and then answers.
package final class APIStart: Sendable {
    private let begun: AsyncStream<APIHost>
    private let input: AsyncStream<APIHost>.Continuation
    private let host = Locked<APIHost?>(nil)

    /// Nobody has begun.
    package init() { (begun, input) = AsyncStream.makeStream(of: APIHost.self) }

    /// Lets it answer.
    package func begin(_ host: APIHost) {
        self.host.withLock { $0 = host }
        input.yield(host)
        input.finish()
    }

    /// Answers until the task is cancelled.
    package func run() async {
        for await host in begun { await host.run() }
    }

    /// Breaks its connections to the database, for good.
    package func interrupt() async { await host.withLock { $0 }?.interrupt() }
}
