internal import CMicroHTTPD
@preconcurrency internal import Dispatch
internal import Glibc
internal import Runtime

/// What the C callbacks are given.
///
/// `@unchecked Sendable`: immutable after `init` but for what the lock guards; the C struct is only read.
final class ServerContext: @unchecked Sendable {
    let handler: HTTPServer.Handler
    let methods: [String]?
    let limits: HTTPServer.Limits
    /// Whether it listens at a Unix socket.
    let isLocal: Bool
    let log: Log
    let logHandle: UnsafeMutablePointer<microhttpd_log>
    private let open = Locked(Open())
    private let connections: Locked<Connections>
    private let started = ContinuousClock.now
    private let timer = Locked<(any DispatchSourceTimer)?>(nil)

    /// Who is connected, and by which socket; a socket that is here is not closed yet.
    private struct Connections {
        var book: ConnectionBook
        var sockets: [ConnectionBook.ID: Int32] = [:]
        var last: ConnectionBook.ID = 0

        /// Ends connections; libmicrohttpd notices and closes them.
        func shut(_ ids: [ConnectionBook.ID]) {
            for id in ids { if let socket = sockets[id] { shutdown(socket, Int32(SHUT_RDWR)) } }
        }
    }

    private struct Open {
        var isStopping = false
        var exchanges: [ObjectIdentifier: Exchange] = [:]
    }

    init(
        handler: @escaping HTTPServer.Handler,
        methods: [String]?,
        limits: HTTPServer.Limits,
        isLocal: Bool = false,
        log: Log
    ) {
        self.handler = handler
        self.methods = methods
        self.limits = limits
        self.isLocal = isLocal
        connections = Locked(Connections(book: ConnectionBook(limits)))
        self.log = log
        logHandle = .allocate(capacity: 1)
        logHandle.initialize(to: microhttpd_log(write: writeLog, context: nil))
        logHandle.pointee.context = pointer
    }

    deinit { logHandle.deallocate() }

    /// Not retained: the server keeps its context until the daemon has stopped.
    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static func from(_ pointer: UnsafeMutableRawPointer) -> ServerContext {
        Unmanaged<ServerContext>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Keeps an exchange that may be suspended; false when the server is about to stop.
    func begin(_ exchange: Exchange) -> Bool {
        open.withLock { open in
            guard !open.isStopping else { return false }
            open.exchanges[ObjectIdentifier(exchange)] = exchange
            return true
        }
    }

    func end(_ exchange: Exchange) {
        open.withLock { _ = $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
    }

    private var now: Double { (ContinuousClock.now - started).seconds }

    /// Looks for connections whose time is over, until ``endWatch()``.
    func watch() {
        let step = min(1, max(0.01, limits.headDeadline.seconds / 4))
        // Not made before: one that was never activated must not be released.
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            let now = self.now
            self.connections.withLock { $0.shut($0.book.takeOverdue(now: now)) }
        }
        timer.schedule(deadline: .now() + step, repeating: step)
        timer.activate()
        self.timer.withLock { $0 = timer }
    }

    /// Ends ``watch()``.
    func endWatch() { timer.withLock { $0?.cancel() } }

    /// A connection begins.
    ///
    /// - Parameters:
    ///   - socket: its socket.
    ///   - peer: where it comes from.
    /// - Returns: its number, never 0.
    func connect(_ socket: Int32, from peer: String) -> ConnectionBook.ID {
        let network = limits.isShared(peer) ? nil : network(of: peer)
        let now = now
        return connections.withLock { connections in
            connections.last += 1
            let leaving = connections.book.open(connections.last, from: network, now: now)
            connections.shut(leaving)
            connections.sockets[connections.last] = socket
            return connections.last
        }
    }

    /// A connection ends; called before its socket is closed.
    func disconnect(_ id: ConnectionBook.ID) {
        connections.withLock { connections in
            connections.book.close(id)
            connections.sockets[id] = nil
        }
    }

    /// A connection is waited for something else.
    func turn(_ id: ConnectionBook.ID, to phase: ConnectionBook.Phase) {
        let now = now
        connections.withLock { $0.book.turn(id, to: phase, now: now) }
    }

    /// Whether a connection's caller is known.
    func note(_ id: ConnectionBook.ID, isKnown: Bool) {
        connections.withLock { $0.book.note(id, isKnown: isKnown) }
    }

    /// Resumes every suspended connection, and lets none be suspended any more.
    func resumeAll() {
        let exchanges = open.withLock { open in
            open.isStopping = true
            return Array(open.exchanges.values)
        }
        for exchange in exchanges { exchange.abort() }
    }
}

private let writeLog: microhttpd_logger = { context, line in
    guard let context else { return }
    let text = String(cString: line)
    ServerContext.from(context).log.write(
        .info,
        "HTTP: " + (text.hasSuffix("\n") ? String(text.dropLast()) : text)
    )
}
