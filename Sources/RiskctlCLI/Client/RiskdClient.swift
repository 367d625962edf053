import Console
import Domain
import Runtime
import WebClient

/// Asks a riskd's API.
struct RiskdClient: Sendable {
    /// Where it is, and as whom it is asked.
    let connection: Connection
    private let web: WebClient
    /// Told when riskd asks for patience.
    private let note: @Sendable (String) -> Void

    /// The most items of one page (docs/openapi.yaml, `limit`).
    static let mostPerPage = 1000
    /// The most of an answer that is read, in bytes.
    private static let mostBytes = 64 << 20
    /// After how long without a heartbeat (there is one every two seconds) a stream counts as broken.
    static let silence = Duration.seconds(15)
    /// After how long without a byte a download counts as broken: riskd may have to sort many rows first.
    private static let longestPause = Duration.seconds(120)
    /// How often a request that came too early is made again, and for how long it is waited at most.
    private static let (mostRetries, longestWait) = (3, 30)

    /// A client.
    ///
    /// - Parameters:
    ///   - connection: where riskd is.
    ///   - note: told when riskd asks for patience.
    /// - Throws: `WebError` when there is no memory.
    init(_ connection: Connection, note: @escaping @Sendable (String) -> Void) throws {
        self.connection = connection
        self.note = note
        web = try WebClient(connections: 4)
    }

    /// Asks and gives the JSON of the answer; null where it has no body.
    ///
    /// - Parameters:
    ///   - method: how.
    ///   - path: segments, not encoded yet, below `/api/v1`.
    ///   - query: parameters.
    ///   - body: sent as JSON.
    ///   - patience: how long the answer may take at least, whatever `--timeout` says.
    /// - Returns: the answer.
    /// - Throws: `ClientError`.
    func ask(
        _ method: WebRequest.Method,
        _ path: [String],
        _ query: Query = [:],
        body: JSONValue? = nil,
        within patience: Duration = .zero
    ) async throws(ClientError) -> JSONValue {
        let response = try await answer(method, path, query, body: body, within: patience)
        guard !response.body.isEmpty else { return .null }
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: response.body)
        } catch {
            throw .notUnderstood("\(error)")
        }
    }

    /// Asks for what is at a path.
    ///
    /// - Parameters:
    ///   - path: segments, not encoded yet, below `/api/v1`.
    ///   - query: parameters.
    /// - Returns: the answer.
    /// - Throws: `ClientError`.
    func get(_ path: [String], _ query: Query = [:]) async throws(ClientError) -> JSONValue {
        try await ask(.get, path, query)
    }

    /// Asks and gives the bytes of the answer.
    func bytes(_ path: [String], _ query: Query = [:]) async throws(ClientError) -> [UInt8] {
        try await answer(.get, path, query, body: nil).body
    }

    /// Reads an answer of any length as it comes.
    ///
    /// - Parameters:
    ///   - path: segments, not encoded yet, below `/api/v1`.
    ///   - query: parameters.
    ///   - receive: gets the bytes in order, on another thread.
    /// - Throws: `ClientError`, also when the answer breaks off.
    func download(
        _ path: [String],
        _ query: Query,
        _ receive: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(ClientError) {
        var request = try request(.get, path, query, body: nil)
        request.timeout = nil
        request.silence = Self.longestPause
        request.receiver = receive
        let response = try await send(request)
        guard response.status == 200 else { throw ClientError(response, hasToken: connection.token != nil) }
    }

    private func answer(
        _ method: WebRequest.Method,
        _ path: [String],
        _ query: Query,
        body: JSONValue?,
        within patience: Duration = .zero
    ) async throws(ClientError) -> WebResponse {
        var request = try request(method, path, query, body: body)
        request.timeout = max(connection.timeout, patience)
        request.bodyLimit = Self.mostBytes
        var retries = 0
        while true {
            let response = try await send(request)
            if response.status == 429, retries < Self.mostRetries,
                let seconds = response.retryAfter.flatMap({ Int($0) }),
                (0...Self.longestWait).contains(seconds)
            {
                retries += 1
                note("riskd asks for patience: too many requests; trying again in \(seconds) s")
                do { try await Task.sleep(for: .seconds(seconds)) } catch {
                    throw .notReached(.cancelled, url: "")
                }
                continue
            }
            guard response.status < 300 else {
                throw ClientError(response, hasToken: connection.token != nil)
            }
            guard !response.isTruncated else {
                throw .notUnderstood("it is longer than \(Self.mostBytes) bytes")
            }
            return response
        }
    }

    private func send(_ request: WebRequest) async throws(ClientError) -> WebResponse {
        do throws(WebError) {
            return try await web.send(request)
        } catch {
            if case .unreachable = error, let path = connection.socket {
                // libcurl's words name a host and a port, and not what is wrong.
                let code = ServiceSocket.answer(at: path)
                if code != 0 { throw .notConnected(socket: path, code: code) }
            }
            throw .notReached(error, url: connection.place)
        }
    }

    private func request(
        _ method: WebRequest.Method,
        _ path: [String],
        _ query: Query,
        body: JSONValue?
    ) throws(ClientError) -> WebRequest {
        let text = connection.url + "/api/v1/" + path.map(encoded).joined(separator: "/") + query.text
        var headers: [WebRequest.Header] = [.init("User-Agent", "riskctl/\(riskdVersion)")]
        if let token = connection.token { headers.append(.init("Authorization", "Bearer \(token)")) }
        if let role = connection.role { headers.append(.init("Riskd-Role", role)) }
        if body != nil { headers.append(.init("Content-Type", "application/json")) }
        do throws(WebError) {
            var request = WebRequest(
                method,
                url: try EndpointURL(text, policy: .init(ports: nil, allowsPlainHTTP: true)),
                headers: headers,
                body: body.map { Array($0.text.utf8) } ?? [],
                security: TransportSecurity(authorities: connection.authorities),
                addressGuard: .open
            )
            request.socket = connection.socket
            request.connectTimeout = min(connection.timeout, .seconds(5))
            return request
        } catch {
            throw .notReached(error, url: connection.url)
        }
    }

    /// Items of a list, page after page.
    ///
    /// - Parameters:
    ///   - path: segments below `/api/v1`.
    ///   - query: parameters, without `limit` and `cursor`.
    ///   - limit: how many; nil: all.
    /// - Returns: items, and whether there are more.
    /// - Throws: `ClientError`.
    func list(
        _ path: [String],
        _ query: Query,
        limit: Int?
    ) async throws(ClientError) -> (items: [JSONValue], isCut: Bool) {
        var items: [JSONValue] = []
        var query = query
        while true {
            let left = limit.map { $0 - items.count } ?? Self.mostPerPage
            query["limit"] = String(min(left, Self.mostPerPage))
            let page = try await get(path, query)
            items += page["items"].elements
            guard let next = page["next"].string else { return (items, false) }
            if let limit, items.count >= limit { return (items, true) }
            query["cursor"] = next
        }
    }

    /// Listens to events until the stream ends, which riskd lets it do after ten minutes.
    ///
    /// - Parameters:
    ///   - last: the id of the last event that was received; nil: from now on.
    ///   - receive: told events in order, none at the beginning, and from which id to go on, on another
    ///     thread.
    /// - Throws: `ClientError`.
    func listen(
        after last: String?,
        _ receive: @escaping @Sendable (_ events: [StreamedEvent], _ last: String?) -> Void
    ) async throws(ClientError) {
        var request = try request(.get, ["events"], ["last_event_id": last], body: nil)
        request.timeout = nil
        request.silence = Self.silence
        let parser = Shared(EventParser())
        request.receiver = { bytes in
            let (events, last) = parser.withLock { ($0.parse(bytes), $0.lastID) }
            receive(events, last)
        }
        let response = try await send(request)
        guard response.status == 200 else { throw ClientError(response, hasToken: connection.token != nil) }
    }
}
