internal import Runtime

/// One request and its answer; the parts outside the lock are used by the daemon's thread only.
///
/// `@unchecked Sendable`: see above; `reply` is set before another thread learns of the exchange, the lock guards the rest.
final class Exchange: @unchecked Sendable {
    var body: [UInt8] = []
    var isTooLong = false
    /// Set once the request was handed over.
    var reply: HTTPReply?
    private let state = Locked(State())

    private struct State {
        var stream: HTTPStream?
        var isAborted = false
    }

    init() {}

    /// The body that is being written.
    func begin(_ stream: HTTPStream) {
        let isAborted = state.withLock { state in
            state.stream = stream
            return state.isAborted
        }
        if isAborted { stream.finish() }
    }

    /// Sees to it that nothing stays suspended.
    func abort() {
        let stream = state.withLock { state in
            state.isAborted = true
            return state.stream
        }
        reply?.send(.text("stopping\n", status: 503))
        stream?.finish()
    }

    /// The connection is over, however it ended.
    func leave() { state.withLock { $0.stream }?.leave() }
}
