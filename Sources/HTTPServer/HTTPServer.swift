internal import CMicroHTTPD
internal import Glibc
package import Runtime

/// A small HTTP/1.1 server: one thread of its own that answers requests by calling a handler.
package final class HTTPServer: Sendable {
    /// Bounds on what clients may hold.
    package struct Limits: Sendable {
        /// Connections at once, at least 1; one more takes the place of the one that is waited for longest.
        package var connections: Int
        /// How many of them are kept for callers who are known (``HTTPReply/note(isKnown:)``).
        package var kept = 0
        /// Connections at once from one network (an IPv4 address, 64 bits of an IPv6 one) whose callers are not known.
        package var strangersPerNetwork = 32
        /// Peers behind whom all of the world may be, such as a proxy: they share no bound on networks.
        package var isShared: @Sendable (_ peer: String) -> Bool = { _ in false }
        /// How long a new connection may take for its first request's head, however it comes.
        package var headDeadline = Duration.seconds(10)
        /// How long a connection may be silent, in whole seconds (rounded up, at least one), how long it may wait for a
        /// next request, and how long a body may take.
        package var timeout: Duration
        /// Bytes of a request's head, at least 1,024.
        package var head: Int
        /// Bytes of a request's body; a longer one is not kept.
        package var body: Int

        package init(
            connections: Int = 64,
            timeout: Duration = .seconds(15),
            head: Int = 16_384,
            body: Int = 1 << 20
        ) {
            self.connections = connections
            self.timeout = timeout
            self.head = head
            self.body = body
        }
    }

    /// A server's certificate and key, both PEM.
    package struct Identity: Sendable {
        let certificate: String
        let key: String

        /// An identity.
        ///
        /// - Parameters:
        ///   - certificate: the chain, the server's own first.
        ///   - key: its private key, not encrypted.
        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Answers a request, at once or later; runs on the server's thread, so it must not wait for long nor stop the server.
    package typealias Handler = @Sendable (HTTPRequest, HTTPReply) -> Void

    /// The port that it listens on; 0 for a Unix socket.
    package let port: UInt16

    /// The daemon's handle; nil once stopped.
    ///
    /// The lock guards who stops it: the handle is used for nothing else.
    private let daemon: Locked<OpaquePointer?>
    /// What the daemon's thread reads: alive until the daemon has stopped.
    private let context: ServerContext
    /// Its socket in the file system, which goes when it stops.
    private let entry: LocalSocketEntry?

    /// Starts to listen and to answer at once.
    ///
    /// - Parameters:
    ///   - address: a numeric IPv4 or IPv6 address, such as `127.0.0.1` or `::1`.
    ///   - port: 0 for any free one.
    ///   - methods: what is answered, such as `GET`; the body of other methods than `GET` and `HEAD` is handed over.
    ///   - limits: bounds on what clients may hold.
    ///   - log: where libmicrohttpd's complaints about clients go, at priority info.
    ///   - handler: answers a request; runs on the server's thread, so it must not wait for long nor stop the server.
    /// - Throws: `invalidAddress`, `inUse`, `cannotListen` or `failed`.
    package convenience init(
        address: String,
        port: UInt16,
        methods: [String] = ["GET", "HEAD"],
        limits: Limits = Limits(),
        log: Log,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(HTTPServerError) {
        try self.init(
            address: address,
            port: port,
            methods: methods,
            limits: limits,
            log: log,
            answering: {
                $1.send($0.isBodyTooLong ? .text("too long\n", status: 413) : handler($0))
            }
        )
    }

    /// Starts to listen and to answer, at once or later.
    ///
    /// - Parameters:
    ///   - address: a numeric IPv4 or IPv6 address, such as `127.0.0.1` or `::1`.
    ///   - port: 0 for any free one.
    ///   - methods: what is answered; nil: every method is handed over.
    ///   - identity: for TLS; nil: none.
    ///   - limits: bounds on what clients may hold.
    ///   - log: where libmicrohttpd's complaints about clients go, at priority info.
    ///   - handler: answers a request.
    /// - Throws: `invalidAddress`, `inUse`, `cannotListen` or `failed`.
    package convenience init(
        address: String,
        port: UInt16,
        methods: [String]? = nil,
        identity: Identity? = nil,
        limits: Limits = Limits(),
        log: Log,
        answering handler: @escaping Handler
    ) throws(HTTPServerError) {
        let socket = try ListeningSocket(address: address, port: port)
        let port = socket.port
        let context = ServerContext(handler: handler, methods: methods, limits: limits, log: log)
        try self.init(socket.release(), port: port, entry: nil, identity: identity, context)
    }

    /// Starts to listen at a Unix socket of mode 0660 and to answer: each request says whose it is
    /// (``HTTPRequest/local``).
    ///
    /// - Parameters:
    ///   - path: absolute, at most 103 bytes, in a folder that only this account or root may write to; what a riskd
    ///     that is gone left there is replaced.
    ///   - group: the number of the group that may connect beside this account; nil: the process's own group.
    ///   - limits: bounds on what clients may hold; all are of one network.
    ///   - log: where libmicrohttpd's complaints about clients go, at priority info.
    ///   - handler: answers a request.
    /// - Throws: `unusable`, `occupied` or `failed`.
    package convenience init(
        socket path: String,
        group: UInt32?,
        limits: Limits = Limits(),
        log: Log,
        answering handler: @escaping Handler
    ) throws(HTTPServerError) {
        let (descriptor, entry) = try LocalSocket.listen(at: path, group: group)
        var limits = limits
        limits.isShared = { _ in true }
        let context = ServerContext(
            handler: handler,
            methods: nil,
            limits: limits,
            isLocal: true,
            log: log
        )
        try self.init(descriptor, port: 0, entry: entry, identity: nil, context)
    }

    private init(
        _ descriptor: Int32,
        port: UInt16,
        entry: LocalSocketEntry?,
        identity: Identity?,
        _ context: ServerContext
    ) throws(HTTPServerError) {
        self.port = port
        self.entry = entry
        self.context = context
        let limits = context.limits
        let started = withOptionalCString(identity?.certificate) { certificate in
            withOptionalCString(identity?.key) { key in
                let options = microhttpd_options(
                    socket: descriptor,
                    // Room for those whose connections are about to be closed.
                    connections: UInt32(clamping: max(1, limits.connections) + 64),
                    timeout: UInt32(clamping: max(1, Int(limits.timeout.seconds.rounded(.up)))),
                    memory: max(1024, limits.head),
                    certificate: certificate,
                    key: key
                )
                return microhttpd_start(
                    options,
                    context.logHandle,
                    serverAnswer,
                    serverForget,
                    serverConnected,
                    context.pointer
                )
            }
        }
        // Who owns the socket after a failed start depends on how far it came; leaking it is the safe reading.
        guard let started else {
            let cause = "libmicrohttpd refused its options or had no thread or memory"
            throw .failed(
                reason: identity == nil ? cause : cause + ", or certificate and key are not right"
            )
        }
        daemon = Locked(started)
        context.watch()
    }

    deinit { stop() }

    /// Stops listening, closes every connection and waits for a running handler; further calls do nothing.
    package func stop() {
        let handle = daemon.withLock { handle in
            defer { handle = nil }
            return handle
        }
        guard let handle else { return }
        // A daemon that stops while connections are suspended aborts.
        context.resumeAll()
        context.endWatch()
        entry?.remove()
        MHD_stop_daemon(handle)
    }
}

/// The text as a C string for as long as `body` runs; nil stays nil.
private func withOptionalCString<Result>(
    _ text: String?,
    _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let text else { return body(nil) }
    return text.withCString(body)
}

extension Duration {
    /// Seconds, with their fraction.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
