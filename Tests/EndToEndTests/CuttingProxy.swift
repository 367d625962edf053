import Foundation
import Glibc
import Runtime

/// Stands between `riskd` and PostgreSQL on a Unix socket, and cuts the connection around a COMMIT.
///
/// It reads as much of the protocol as it needs: the length of a message, and whether it is `commit`.
final class CuttingProxy: Sendable {
    /// Where a commit gets lost.
    enum Cut {
        /// The server never sees it: the transaction is rolled back.
        case beforeTheServer
        /// The server has committed; its answer does not come through.
        case beforeTheClient
    }

    private struct State {
        var armed: Cut?
        var cuts = 0
    }

    /// How to connect through it.
    let connectionString: String
    private let upstream: String
    private let listener: Int32
    private let state = Locked(State())

    /// A proxy that listens in `directory` and leads to the server of `database`.
    init(to database: String, in directory: String) throws {
        let fields = database.split(separator: " ").map(String.init)
        let host = fields.first { $0.hasPrefix("host=") } ?? ""
        upstream = host.dropFirst(5).filter { $0 != "'" } + "/.s.PGSQL.5432"
        connectionString = fields.map { $0.hasPrefix("host=") ? "host='\(directory)'" : $0 }
            .joined(separator: " ")
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let path = directory + "/.s.PGSQL.5432"
        let isBound = withAddress(path) { bind(listener, $0, $1) } == 0
        guard isBound, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
        let thread = Thread { [self] in accept() }
        thread.start()
    }

    /// How many commits were cut.
    var cuts: Int { state.withLock { $0.cuts } }

    /// Cuts the next commit, once.
    func cutNextCommit(_ cut: Cut) { state.withLock { $0.armed = cut } }

    /// Takes no more connections.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard withAddress(upstream, { connect(server, $0, $1) }) == 0 else {
                close(client)
                close(server)
                continue
            }
            let connection = Connection(client: client, server: server)
            Thread { [self] in forward(connection) }.start()
            Thread { connection.answer() }.start()
        }
    }

    /// From the client to the server, message by message.
    private func forward(_ connection: Connection) {
        defer { connection.end() }
        // The first message has no type.
        var hasType = false
        while let message = connection.message(hasType: hasType) {
            hasType = true
            let isCommit = message.elementsEqual([UInt8(ascii: "Q"), 0, 0, 0, 11] + Array("commit\0".utf8))
            let cut = isCommit ? state.withLock { $0.armed.take() } : nil
            switch cut {
            case .beforeTheServer:
                state.withLock { $0.cuts += 1 }
                return
            case .beforeTheClient:
                connection.holdAnswers()
                guard connection.send(message) else { return }
                connection.waitForHeldAnswer()
                state.withLock { $0.cuts += 1 }
                return
            case nil:
                guard connection.send(message) else { return }
            }
        }
    }
}

/// The two ends of one connection.
private final class Connection: Sendable {
    private let client: Int32
    private let server: Int32
    /// Threads that still use the descriptors.
    private let users = Locked(2)
    private let isHolding = Locked(false)
    private let answered = DispatchSemaphore(value: 0)

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    /// From now on the server's answers are swallowed.
    func holdAnswers() { isHolding.withLock { $0 = true } }

    func waitForHeldAnswer() { answered.wait() }

    func send(_ bytes: [UInt8]) -> Bool { write(bytes[...], to: server) }

    /// One message of the client; nil at the end.
    func message(hasType: Bool) -> [UInt8]? {
        guard let head = read(hasType ? 5 : 4) else { return nil }
        let length = head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard length >= 4, let body = read(length - 4) else { return nil }
        return head + body
    }

    /// From the server to the client, as it comes.
    func answer() {
        defer { end() }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(server, &buffer, buffer.count, 0)
            if isHolding.withLock({ $0 }) {
                // The answer to a commit: whatever its first bytes say, the server is through with it.
                answered.signal()
                return
            }
            guard count > 0, write(buffer[..<count], to: client) else { return }
        }
    }

    /// Breaks both connections; the last user closes them.
    func end() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
        let left = users.withLock { users in
            users -= 1
            return users
        }
        guard left == 0 else { return }
        close(client)
        close(server)
        answered.signal()
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let step = bytes.withUnsafeMutableBytes { buffer in
                recv(client, buffer.baseAddress.map { $0 + done }, count - done, 0)
            }
            guard step > 0 else { return nil }
            done += step
        }
        return bytes
    }

    private func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Lends a Unix socket's address.
func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
