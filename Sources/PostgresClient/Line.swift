import Glibc
import Runtime

/// The socket of a session, as far as another thread may touch it.
final class Line: Sendable {
    private enum State {
        case closed
        case open(Int32)
        case cut
    }

    private let state = Locked(State.closed)

    /// Whether no connection is wanted any more.
    var isCut: Bool {
        state.withLock { state in
            if case .cut = state { true } else { false }
        }
    }

    /// Notes a socket that is now in use.
    ///
    /// - Returns: false once the line was cut.
    func open(_ socket: Int32) -> Bool {
        state.withLock { state in
            if case .cut = state { return false }
            state = .open(socket)
            return true
        }
    }

    /// Forgets the socket before it is closed: its number may then be another's.
    func close() {
        state.withLock { state in
            if case .open = state { state = .closed }
        }
    }

    /// Ends what waits on the socket, and lets no other be opened.
    func cut() {
        state.withLock { state in
            if case .open(let socket) = state { shutdown(socket, Int32(SHUT_RDWR)) }
            state = .cut
        }
    }
}
