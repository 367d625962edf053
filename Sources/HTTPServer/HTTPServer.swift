internal import CMicroHTTPD
internal import Glibc
package import Runtime

/// A small HTTP/1.1 server: one thread of its own that answers requests by calling a handler.
package final class HTTPServer: Sendable {
    /// Bounds on what clients may hold.
    package struct Limits: Sendable {
        /// Connections at once, at least 1; more wait unaccepted.
        package var connections: Int
        /// How long a connection may be silent, in whole seconds (rounded up, at least one).
        package var timeout: Duration
        /// Bytes of a request's head, at least 1,024.
        package var head: Int
        /// Bytes of a request's body; a longer one is refused with 413.
        package var body: Int

        /// Limits.
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

    /// The port that it listens on.
    package let port: UInt16

    /// The daemon's handle; nil once stopped.
    ///
    /// The lock guards who stops it: the handle is used for nothing else.
    private let daemon: Locked<OpaquePointer?>
    /// What the daemon's thread reads: immutable, and alive until the daemon has stopped.
    private let context: Context

    /// Starts to listen and to answer.
    ///
    /// - Parameters:
    ///   - address: a numeric IPv4 or IPv6 address, such as `127.0.0.1` or `::1`.
    ///   - port: 0 for any free one.
    ///   - methods: what is answered, such as `GET`; the body of other methods than `GET` and `HEAD` is handed over.
    ///   - limits: bounds on what clients may hold.
    ///   - log: where libmicrohttpd's complaints about clients go, at priority info.
    ///   - handler: answers a request; runs on the server's thread, so it must not wait for long nor stop the server.
    /// - Throws: `invalidAddress`, `inUse`, `cannotListen` or `failed`.
    package init(
        address: String,
        port: UInt16,
        methods: [String] = ["GET", "HEAD"],
        limits: Limits = Limits(),
        log: Log,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(HTTPServerError) {
        let socket = try ListeningSocket(address: address, port: port)
        let context = Context(handler: handler, methods: methods, bodyLimit: limits.body, log: log)
        self.port = socket.port
        self.context = context
        let options = microhttpd_options(
            socket: socket.release(),
            connections: UInt32(clamping: max(1, limits.connections)),
            timeout: UInt32(clamping: max(1, Int(limits.timeout.seconds.rounded(.up)))),
            memory: max(1024, limits.head)
        )
        // Who owns the socket after a failed start depends on how far it came; leaking it is the safe reading.
        guard let started = microhttpd_start(options, context.logHandle, answer, forget, context.pointer)
        else {
            throw .failed(reason: "libmicrohttpd refused its options or had no thread or memory")
        }
        daemon = Locked(started)
    }

    deinit { stop() }

    /// Stops listening, closes every connection and waits for a running handler; further calls do nothing.
    ///
    /// No connection is ever suspended here, so this cannot abort as `MHD_stop_daemon` else may.
    package func stop() {
        let handle = daemon.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let handle { MHD_stop_daemon(handle) }
    }
}

/// What the C callbacks are given.
///
/// `@unchecked Sendable`: immutable after `init`; the C struct is only read.
private final class Context: @unchecked Sendable {
    let handler: @Sendable (HTTPRequest) -> HTTPResponse
    let methods: [String]
    let bodyLimit: Int
    let log: Log
    let logHandle: UnsafeMutablePointer<microhttpd_log>

    init(
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse,
        methods: [String],
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

    static func from(_ pointer: UnsafeMutableRawPointer) -> Context {
        Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue()
    }
}

/// The body of a request while it comes in; used by the daemon's thread only.
private final class Upload {
    var body: [UInt8] = []
    var isTooLong = false
}

private let writeLog: microhttpd_logger = { context, line in
    guard let context else { return }
    let text = String(cString: line)
    Context.from(context).log.write(.info, "HTTP: " + (text.hasSuffix("\n") ? String(text.dropLast()) : text))
}

/// Called once when a request's head is there, again for each piece of a body, and a last time at its end.
private let answer: MHD_AccessHandlerCallback = { context, connection, url, method, _, data, size, state in
    guard let context, let connection, let url, let method, let size, let state else { return .NO }
    let server = Context.from(context)
    let name = String(cString: method)
    guard server.methods.contains(name) else {
        // At once, without reading a body.
        let headers = [HTTPResponse.Header("Allow", server.methods.joined(separator: ", "))]
        return queue(HTTPResponse(status: 405, headers: headers), on: connection)
    }
    guard let begun = state.pointee else {
        state.pointee = Unmanaged.passRetained(Upload()).toOpaque()
        return .YES
    }
    let upload = Unmanaged<Upload>.fromOpaque(begun).takeUnretainedValue()
    guard size.pointee == 0 else {
        // A body that no GET should have is read and forgotten, and so is the rest of one that is too long.
        let limit = name == "GET" || name == "HEAD" ? 0 : server.bodyLimit
        if limit > 0, upload.body.count + size.pointee > limit { upload.isTooLong = true }
        if let data, limit > 0, !upload.isTooLong {
            upload.body += UnsafeRawBufferPointer(start: data, count: size.pointee)
        }
        size.pointee = 0
        return .YES
    }
    guard !upload.isTooLong else { return queue(.text("too long\n", status: 413), on: connection) }
    let request = HTTPRequest(
        method: name,
        path: String(cString: url),
        query: values(.GET_ARGUMENT_KIND, of: connection),
        headers: values(.HEADER_KIND, of: connection),
        body: upload.body
    )
    return queue(server.handler(request), on: connection)
}

/// Called when a request is over, however it ended.
private let forget: MHD_RequestCompletedCallback = { _, _, state, _ in
    guard let begun = state?.pointee else { return }
    Unmanaged<Upload>.fromOpaque(begun).release()
    state?.pointee = nil
}

private func queue(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
    let made = response.body.withUnsafeBytes { body in
        // Copied into the response, so nothing is written through the pointer.
        MHD_create_response_from_buffer(
            body.count,
            UnsafeMutableRawPointer(mutating: body.baseAddress),
            .RESPMEM_MUST_COPY
        )
    }
    // NO closes the connection: no memory, or a header that would break the response apart.
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    for header in response.headers {
        guard MHD_add_response_header(made, header.name, header.value) == .YES else { return .NO }
    }
    return MHD_queue_response(connection, UInt32(clamping: response.status), made)
}

/// Parameters of the query or header fields, these by lower-case name; the first of a name counts.
private func values(_ kind: MHD_ValueKind, of connection: OpaquePointer) -> [String: String] {
    var pairs: [(name: String, value: String)] = []
    withUnsafeMutablePointer(to: &pairs) { pairs in
        _ = MHD_get_connection_values(
            connection,
            kind,
            { context, kind, key, value in
                guard let context, let key else { return .YES }
                let pairs = context.assumingMemoryBound(to: [(name: String, value: String)].self)
                let name = String(cString: key)
                let text = value.map { String(cString: $0) } ?? ""
                pairs.pointee.append((kind == .HEADER_KIND ? name.lowercased() : name, text))
                return .YES
            },
            pairs
        )
    }
    return Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
