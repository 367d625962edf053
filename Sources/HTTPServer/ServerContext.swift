internal import CMicroHTTPD
internal import Runtime

/// What the C callbacks are given.
///
/// `@unchecked Sendable`: immutable after `init` but for what the lock guards; the C struct is only read.
final class ServerContext: @unchecked Sendable {
    let handler: HTTPServer.Handler
    let methods: [String]?
    let bodyLimit: Int
    let log: Log
    let logHandle: UnsafeMutablePointer<microhttpd_log>
    private let open = Locked(Open())

    private struct Open {
        var isStopping = false
        var exchanges: [ObjectIdentifier: Exchange] = [:]
    }

    init(
        handler: @escaping HTTPServer.Handler,
        methods: [String]?,
        bodyLimit: Int,
        log: Log
    ) {
        self.handler = handler
        self.methods = methods
        self.bodyLimit = bodyLimit
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
