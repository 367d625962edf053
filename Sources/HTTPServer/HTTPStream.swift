internal import Glibc
internal import Runtime

/// A response body that is written piece by piece, from any thread.
///
/// While there is nothing to send the connection is suspended, so that an idle reader costs memory and no thread. A reader that
/// does not keep up is cut off.
package final class HTTPStream: Sendable {
    fileprivate struct State {
        var buffer: [UInt8] = []
        var start = 0
        var isFinished = false
        var isGone = false
        var suspended: SuspendedConnection?
    }

    private let state = Locked(State())

    /// Bytes that may wait for a slow reader.
    static let mostWaiting = 1 << 20

    init() {}

    /// Appends to the body.
    ///
    /// - Parameter bytes: what is sent next.
    /// - Returns: whether somebody still reads; false for good once it is.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        state.withLock { state in
            guard !state.isGone, !state.isFinished else { return false }
            guard state.buffer.count - state.start + bytes.count <= Self.mostWaiting else {
                state.isFinished = true
                state.wake()
                return false
            }
            state.buffer += bytes
            state.wake()
            return true
        }
    }

    /// Appends to the body, and blocks this thread while a slow reader is behind.
    ///
    /// - Parameters:
    ///   - bytes: what is sent next.
    ///   - patience: how long a reader may take nothing.
    /// - Throws: `Gone` when nobody reads any more.
    package func writeWaiting(_ bytes: [UInt8], patience: Duration = .seconds(60)) throws(Gone) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Self.mostWaiting / 4))
            rest = rest.dropFirst(piece.count)
            let end = ContinuousClock.now + patience
            while waiting > Self.mostWaiting / 2 {
                guard !isGone, ContinuousClock.now < end else { throw Gone() }
                usleep(2000)
            }
            guard write(piece) else { throw Gone() }
        }
    }

    /// Nobody reads a body any more.
    package struct Gone: Error {}

    private var waiting: Int { state.withLock { $0.buffer.count - $0.start } }

    /// Ends the body after what was written.
    package func finish() {
        state.withLock { state in
            state.isFinished = true
            state.wake()
        }
    }

    /// Whether nobody reads any more.
    package var isGone: Bool { state.withLock { $0.isGone || $0.isFinished } }

    /// What ``next(_:suspending:)`` did.
    enum Piece {
        case bytes(Int)
        /// The connection is suspended until there is more.
        case nothingYet
        case end
    }

    /// On the server's thread: moves what waits into `target`, or suspends the connection.
    func next(_ target: UnsafeMutableRawBufferPointer, suspending connection: OpaquePointer) -> Piece {
        state.withLock { state in
            let count = min(target.count, state.buffer.count - state.start)
            guard count > 0 else {
                if state.isFinished { return .end }
                let connection = SuspendedConnection(connection)
                connection.suspend()
                state.suspended = connection
                return .nothingYet
            }
            state.buffer[state.start..<state.start + count].withUnsafeBytes { target.copyMemory(from: $0) }
            state.start += count
            if state.start == state.buffer.count {
                // An idle reader holds no memory for what it has read.
                state.buffer = []
                state.start = 0
            }
            return .bytes(count)
        }
    }

    /// On the server's thread: the connection is over.
    func leave() {
        state.withLock { state in
            state.isGone = true
            state.buffer = []
            state.start = 0
        }
    }
}

extension HTTPStream.State {
    fileprivate mutating func wake() {
        suspended?.resume()
        suspended = nil
    }
}
