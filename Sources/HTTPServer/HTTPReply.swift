internal import CMicroHTTPD
internal import Runtime

/// The place of one answer, which may be given at once or later, from any thread.
///
/// While nothing has been answered the connection is suspended: it costs memory and no thread.
package final class HTTPReply: Sendable {
    enum Answer {
        case response(HTTPResponse)
        case stream(HTTPStream, headers: [HTTPResponse.Header])
    }

    private struct State {
        var answer: Answer?
        /// The connection while it is suspended; it must be resumed exactly once.
        ///
        /// `nonisolated(unsafe)` is not needed: the lock guards it, and libmicrohttpd's resume may be called anywhere.
        var suspended: SuspendedConnection?
        var isTaken = false
    }

    private let state = Locked(State())
    private let noting: @Sendable (_ isKnown: Bool) -> Void

    /// A place of an answer.
    ///
    /// - Parameter noting: told whether the caller is known, as often as that is found out.
    init(noting: @escaping @Sendable (_ isKnown: Bool) -> Void = { _ in }) { self.noting = noting }

    /// Says whether the caller is somebody who may make requests: where room is short, strangers' connections go first.
    package func note(isKnown: Bool) { noting(isKnown) }

    /// Answers; further answers are ignored.
    ///
    /// - Parameter response: what the client is told.
    package func send(_ response: HTTPResponse) { give(.response(response)) }

    /// Answers with a body that has no end yet; further answers are ignored.
    ///
    /// - Parameter headers: names and values; the status is 200.
    /// - Returns: where the body is written.
    package func stream(_ headers: [HTTPResponse.Header]) -> HTTPStream {
        let stream = HTTPStream()
        give(.stream(stream, headers: headers))
        return stream
    }

    private func give(_ answer: Answer) {
        state.withLock { state in
            guard state.answer == nil, !state.isTaken else { return }
            state.answer = answer
            state.suspended?.resume()
            state.suspended = nil
        }
    }

    /// On the server's thread: the answer if there is one; else the connection is suspended until there is.
    func take(suspending connection: OpaquePointer) -> Answer? {
        state.withLock { state in
            guard let answer = state.answer else {
                let connection = SuspendedConnection(connection)
                connection.suspend()
                state.suspended = connection
                return nil
            }
            state.isTaken = true
            state.answer = nil
            return answer
        }
    }
}

/// A connection of libmicrohttpd that is suspended, or about to be.
///
/// `@unchecked Sendable`: the pointer is only handed to suspend, on the server's thread, and to resume, which any thread
/// may call; a suspended connection lives until it is resumed.
struct SuspendedConnection: @unchecked Sendable {
    private let raw: OpaquePointer

    init(_ raw: OpaquePointer) { self.raw = raw }

    func suspend() { MHD_suspend_connection(raw) }
    func resume() { MHD_resume_connection(raw) }
}
