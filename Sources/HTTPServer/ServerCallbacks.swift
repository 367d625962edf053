internal import CMicroHTTPD
internal import Glibc

/// Called once when a request's head is there, again for each piece of a body, at its end, and when it is resumed.
let serverAnswer: MHD_AccessHandlerCallback = { context, connection, url, method, _, data, size, state in
    guard let context, let connection, let url, let method, let size, let state else { return .NO }
    let server = ServerContext.from(context)
    let name = String(cString: method)
    let id = connectionID(connection)
    if state.pointee == nil {
        server.turn(id, to: .body)
        if let fault = framingFault(values(.HEADER_KIND, of: connection)) {
            // What comes next on this connection might be part of this request, or another one: nobody knows.
            var refusal = HTTPResponse.text(fault + "\n", status: 400)
            refusal.headers.append(.init("Connection", "close"))
            return queue(refusal, on: connection)
        }
    }
    if let methods = server.methods, !methods.contains(name) {
        // At once, without reading a body.
        let headers = [HTTPResponse.Header("Allow", methods.joined(separator: ", "))]
        return queue(HTTPResponse(status: 405, headers: headers), on: connection)
    }
    guard let begun = state.pointee else {
        state.pointee = Unmanaged.passRetained(Exchange()).toOpaque()
        return .YES
    }
    let exchange = Unmanaged<Exchange>.fromOpaque(begun).takeUnretainedValue()
    if let reply = exchange.reply { return answer(exchange, reply, server, on: connection) }
    guard size.pointee == 0 else {
        // A body that no GET should have is read and forgotten, and so is the rest of one that is too long.
        let limit = name == "GET" || name == "HEAD" ? 0 : server.limits.body
        if limit > 0, exchange.body.count + size.pointee > limit { exchange.isTooLong = true }
        if let data, limit > 0, !exchange.isTooLong {
            exchange.body += UnsafeRawBufferPointer(start: data, count: size.pointee)
        }
        size.pointee = 0
        return .YES
    }
    let request = HTTPRequest(
        method: name,
        path: String(cString: url),
        query: values(.GET_ARGUMENT_KIND, of: connection),
        headers: fields(values(.HEADER_KIND, of: connection)),
        body: exchange.isTooLong ? [] : exchange.body,
        isBodyTooLong: exchange.isTooLong,
        peer: microhttpd_peer(connection).map(numericAddress) ?? "",
        // Whom the kernel does not name is nobody, and not somebody of the network.
        local: server.isLocal
            ? LocalPeer(connectedTo: microhttpd_socket(connection)) ?? LocalPeer(user: .max, groups: []) : nil
    )
    exchange.body = []
    let reply = HTTPReply { [weak server] isKnown in server?.note(id, isKnown: isKnown) }
    exchange.reply = reply
    server.turn(id, to: .answer)
    guard server.begin(exchange) else {
        return queue(.text("stopping\n", status: 503), on: connection)
    }
    server.handler(request, reply)
    return answer(exchange, reply, server, on: connection)
}

/// Called when a connection was accepted, and again before its socket is closed.
let serverConnected: MHD_NotifyConnectionCallback = { context, connection, state, event in
    guard let context, let connection, let state else { return }
    let server = ServerContext.from(context)
    if event == .CONNECTION_NOTIFY_STARTED {
        let peer = microhttpd_peer(connection).map(numericAddress) ?? ""
        let id = server.connect(microhttpd_socket(connection), from: peer)
        state.pointee = UnsafeMutableRawPointer(bitPattern: UInt(id))
    } else {
        server.disconnect(connectionID(connection))
    }
}

/// The number that a connection was given.
private func connectionID(_ connection: OpaquePointer) -> ConnectionBook.ID {
    ConnectionBook.ID(UInt(bitPattern: microhttpd_socket_context(connection)))
}

/// Called when a request is over, however it ended.
let serverForget: MHD_RequestCompletedCallback = { context, connection, state, _ in
    if let context, let connection {
        ServerContext.from(context).turn(connectionID(connection), to: .nextHead)
    }
    guard let begun = state?.pointee else { return }
    let exchange = Unmanaged<Exchange>.fromOpaque(begun).takeRetainedValue()
    state?.pointee = nil
    exchange.leave()
    if let context { ServerContext.from(context).end(exchange) }
}

private func answer(
    _ exchange: Exchange,
    _ reply: HTTPReply,
    _ server: ServerContext,
    on connection: OpaquePointer
) -> MHD_Result {
    switch reply.take(suspending: connection) {
    case nil: return .YES
    case .response(let response):
        server.turn(connectionID(connection), to: .reading)
        return queue(response, on: connection)
    case .stream(let stream, let headers):
        exchange.begin(stream)
        return queue(stream, headers, on: connection)
    }
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
    return queue(made, response.status, response.headers, on: connection)
}

private func queue(
    _ stream: HTTPStream,
    _ headers: [HTTPResponse.Header],
    on connection: OpaquePointer
) -> MHD_Result {
    let body = Unmanaged.passRetained(StreamBody(stream, connection)).toOpaque()
    let made = MHD_create_response_from_callback(
        // Of unknown length: sent in chunks.
        UInt64.max,
        4096,
        { context, _, target, count in
            guard let context, let target else { return endOfStream }
            let body = Unmanaged<StreamBody>.fromOpaque(context).takeUnretainedValue()
            let space = UnsafeMutableRawBufferPointer(start: target, count: count)
            switch body.stream.next(space, suspending: body.connection) {
            case .bytes(let count): return count
            case .nothingYet: return 0
            case .end: return endOfStream
            }
        },
        body,
        { context in
            guard let context else { return }
            Unmanaged<StreamBody>.fromOpaque(context).takeRetainedValue().stream.leave()
        }
    )
    return queue(made, 200, headers, on: connection)
}

/// What the callbacks of a body are given.
private final class StreamBody {
    let stream: HTTPStream
    let connection: OpaquePointer

    init(_ stream: HTTPStream, _ connection: OpaquePointer) {
        self.stream = stream
        self.connection = connection
    }
}

/// libmicrohttpd's MHD_CONTENT_READER_END_OF_STREAM, a macro with a cast.
private let endOfStream = -1

private func queue(
    _ made: OpaquePointer?,
    _ status: Int,
    _ headers: [HTTPResponse.Header],
    on connection: OpaquePointer
) -> MHD_Result {
    // NO closes the connection: no memory, or a header that would break the response apart.
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    for header in headers {
        guard MHD_add_response_header(made, header.name, header.value) == .YES else { return .NO }
    }
    return MHD_queue_response(connection, UInt32(clamping: status), made)
}

/// Parameters of the query or header fields, in order.
private func values(
    _ kind: MHD_ValueKind,
    of connection: OpaquePointer
) -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    withUnsafeMutablePointer(to: &pairs) { pairs in
        _ = MHD_get_connection_values(
            connection,
            kind,
            { context, _, key, value in
                guard let context, let key else { return .YES }
                let pairs = context.assumingMemoryBound(to: [(name: String, value: String)].self)
                pairs.pointee.append((String(cString: key), value.map { String(cString: $0) } ?? ""))
                return .YES
            },
            pairs
        )
    }
    return pairs
}

/// Such as `127.0.0.1` or `::1`; empty where there is none.
private func numericAddress(_ address: UnsafePointer<sockaddr>) -> String {
    // Of a Unix socket glibc would say "localhost".
    guard address.pointee.sa_family != AF_UNIX else { return "" }
    let size =
        address.pointee.sa_family == AF_INET6
        ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard code == 0 else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
