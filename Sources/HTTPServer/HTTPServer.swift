internal import CMicroHTTPD
internal import Glibc
package import Runtime

/// A small HTTP/1.1 server: one thread of its own that answers GET and HEAD by calling a handler.
package final class HTTPServer: Sendable {
    /// Bounds on what clients may hold.
    package struct Limits: Sendable {
        /// Connections at once, at least 1; more wait unaccepted.
        package var connections: Int
        /// How long a connection may be silent, in whole seconds (rounded up, at least one).
        package var timeout: Duration
        /// Bytes of a request's head, at least 1,024.
        package var head: Int

        /// Limits.
        package init(connections: Int = 64, timeout: Duration = .seconds(15), head: Int = 16_384) {
            self.connections = connections
            self.timeout = timeout
            self.head = head
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
    ///   - limits: bounds on what clients may hold.
    ///   - log: where libmicrohttpd's complaints about clients go, at priority info.
    ///   - handler: answers a request; runs on the server's thread, so it must not wait for long nor stop the server.
    /// - Throws: `invalidAddress`, `inUse`, `cannotListen` or `failed`.
    package init(
        address: String,
        port: UInt16,
        limits: Limits = Limits(),
        log: Log,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(HTTPServerError) {
        let socket = try ListeningSocket(address: address, port: port)
        let context = Context(handler: handler, log: log)
        self.port = socket.port
        self.context = context
        let options = microhttpd_options(
            socket: socket.release(),
            connections: UInt32(clamping: max(1, limits.connections)),
            timeout: UInt32(clamping: max(1, Int(limits.timeout.seconds.rounded(.up)))),
            memory: max(1024, limits.head)
        )
        // Who owns the socket after a failed start depends on how far it came; leaking it is the safe reading.
        guard let started = microhttpd_start(options, context.logHandle, answer, context.pointer) else {
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
    let log: Log
    let logHandle: UnsafeMutablePointer<microhttpd_log>

    init(handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse, log: Log) {
        self.handler = handler
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

private let writeLog: microhttpd_logger = { context, line in
    guard let context else { return }
    let text = String(cString: line)
    Context.from(context).log.write(.info, "HTTP: " + (text.hasSuffix("\n") ? String(text.dropLast()) : text))
}

/// Called once when a request's head is there, again for each piece of a body, and a last time at its end.
private let answer: MHD_AccessHandlerCallback = { context, connection, url, method, _, _, size, state in
    guard let context, let connection, let url, let method, let size, let state else { return .NO }
    let name = String(cString: method)
    guard name == "GET" || name == "HEAD" else {
        // At once, without reading a body.
        let headers = [HTTPResponse.Header("Allow", "GET, HEAD")]
        return queue(HTTPResponse(status: 405, headers: headers), on: connection)
    }
    guard state.pointee != nil else {
        // Any mark will do: it says that the first call has been made.
        state.pointee = context
        return .YES
    }
    guard size.pointee == 0 else {
        // A body that no GET should have is read and forgotten.
        size.pointee = 0
        return .YES
    }
    let request = HTTPRequest(method: name, path: String(cString: url), query: query(of: connection))
    return queue(Context.from(context).handler(request), on: connection)
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

private func query(of connection: OpaquePointer) -> [String: String] {
    var parameters: [String: String] = [:]
    withUnsafeMutablePointer(to: &parameters) { parameters in
        _ = MHD_get_connection_values(
            connection,
            .GET_ARGUMENT_KIND,
            { context, _, key, value in
                guard let context, let key else { return .YES }
                let parameters = context.assumingMemoryBound(to: [String: String].self)
                let name = String(cString: key)
                let value = value.map { String(cString: $0) } ?? ""
                parameters.pointee[name] = parameters.pointee[name] ?? value
                return .YES
            },
            parameters
        )
    }
    return parameters
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
