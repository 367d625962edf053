@preconcurrency import Dispatch

/// Delivers process signals as an asynchronous sequence instead of ending the process.
package struct Signals: Sendable {
    private let stream: AsyncStream<Int32>

    /// Takes over `numbers` and returns once the kernel delivers them here.
    ///
    /// - Parameter numbers: such as `SIGTERM`.
    /// - Returns: the signals to come.
    package static func take(_ numbers: [Int32]) async -> Signals {
        let (stream, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(8))
        let queue = DispatchQueue(label: "riskd.signals")
        var sources: [any DispatchSourceSignal] = []
        for number in numbers {
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in continuation.yield(number) }
            // Registering installs Dispatch's own handler. `SIG_IGN`, usual elsewhere, would on Linux replace that
            // handler (or, set before, lose what arrives until then): no signal would come through.
            await withCheckedContinuation { (registered: CheckedContinuation<Void, Never>) in
                source.setRegistrationHandler { @Sendable in registered.resume() }
                source.resume()
            }
            sources.append(source)
        }
        let held = sources
        continuation.onTermination = { @Sendable _ in for source in held { source.cancel() } }
        return Signals(stream: stream)
    }

    /// The next signal; nil when the task is cancelled.
    package func next() async -> Int32? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}
