package import Domain
package import HTTPServer
package import Runtime

/// The API: who may ask for what, and in which form it is answered.
///
/// What is answered comes from handlers.
package final class APIService: Sendable {
    /// Answers a request of somebody who may make it.
    package typealias Handler = @Sendable (APICall) async throws -> APIAnswer

    /// Bounds and manners.
    package struct Settings: Sendable {
        /// Requests of one token a minute.
        package var requestsPerMinute = 600
        /// How often somebody may sign in a minute, and how often anybody may fail to from one network.
        package var signInsPerMinute = 10
        /// Whether clients come by TLS, here or at a proxy.
        package var isEncrypted = false
        /// Origins besides its own from which browsers may change something, such as that of a proxy.
        package var origins: Set<String> = []
        /// Names by which browsers may come; nil: any.
        package var hosts: HostNames?
        /// Whose word counts on where a request comes from.
        package var proxies = TrustedProxies()
        /// Who may ask by a Unix socket without a token; nil: nobody.
        package var local: LocalAccess?

        /// The defaults.
        package init() {}
    }

    /// What the API stands on.
    package struct Foundation: Sendable {
        let handlers: [Operation: Handler]
        let authority: Authority
        let hub: EventHub
        let backlog: @Sendable (_ after: String, _ through: String) async -> [ServerEvent]?
        let failure: @Sendable (any Error) -> APIFailure
        let now: @Sendable () -> Timestamp

        /// A foundation.
        ///
        /// - Parameters:
        ///   - handlers: one for every operation but `streamEvents`.
        ///   - authority: knows callers.
        ///   - hub: tells events.
        ///   - backlog: looks up events between two; nil when that cannot be told.
        ///   - failure: what an error of a handler is to a caller.
        ///   - now: the wall clock.
        package init(
            handlers: [Operation: Handler],
            authority: Authority,
            hub: EventHub,
            backlog: @escaping @Sendable (_ after: String, _ through: String) async -> [ServerEvent]?,
            failure: @escaping @Sendable (any Error) -> APIFailure,
            now: @escaping @Sendable () -> Timestamp
        ) {
            self.handlers = handlers
            self.authority = authority
            self.hub = hub
            self.backlog = backlog
            self.failure = failure
            self.now = now
        }
    }

    private let settings: Settings
    private let foundation: Foundation
    private let log: Log
    private let pages: PageRoutes
    private let headers: SecurityHeaders
    private let requests: RateLimiter
    private let signIns: RateLimiter
    private let signInFailures: RateLimiter
    private let failures: RateLimiter
    private let work: AsyncStream<Work>
    private let input: AsyncStream<Work>.Continuation

    private struct Work: Sendable {
        let request: HTTPRequest
        let reply: HTTPReply
    }

    /// An API.
    ///
    /// - Parameters:
    ///   - settings: bounds and manners.
    ///   - foundation: what it stands on.
    ///   - log: gets what went wrong in riskd itself.
    package init(_ settings: Settings, _ foundation: Foundation, log: Log) {
        self.settings = settings
        self.foundation = foundation
        self.log = log
        headers = SecurityHeaders(isEncrypted: settings.isEncrypted)
        pages = PageRoutes(headers)
        requests = RateLimiter(perMinute: settings.requestsPerMinute)
        signIns = RateLimiter(perMinute: settings.signInsPerMinute)
        signInFailures = RateLimiter(perMinute: settings.signInsPerMinute)
        failures = RateLimiter(perMinute: max(1, settings.requestsPerMinute / 10))
        // No more than connections: each has one request at a time.
        (work, input) = AsyncStream.makeStream(of: Work.self)
    }

    /// Takes a request; it is answered by ``run()``.
    package func take(_ request: HTTPRequest, _ reply: HTTPReply) {
        if case .terminated = input.yield(Work(request: request, reply: reply)) {
            reply.send(APIFailure.unavailable("riskd is stopping").response)
        }
    }

    /// Answers requests until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await work in work {
                group.addTask { await self.answer(work) }
            }
            group.cancelAll()
        }
    }

    private func answer(_ work: Work) async {
        if let response = await response(to: work.request, work.reply) { work.reply.send(response) }
    }

    /// The answer to a request; nil where it is a stream, which `reply` was given.
    func response(to request: HTTPRequest, _ reply: HTTPReply) async -> HTTPResponse? {
        var response: HTTPResponse?
        do {
            // No page of anybody's reaches a Unix socket, and its name is nobody's.
            if request.local == nil { try checkHost(request) }
            if let page = pages.respond(to: request) { return page }
            response = try await respond(to: request, reply)
        } catch let failure as APIFailure {
            response = failure.response
        } catch {
            let failure = foundation.failure(error)
            if failure == .defect {
                log.write(.error, "a request could not be answered: \(error)", ["path": request.path])
            }
            response = failure.response
        }
        response?.headers += headers.ofData
        return response
    }

    private func respond(to request: HTTPRequest, _ reply: HTTPReply) async throws -> HTTPResponse? {
        guard request.isWellFormed, let segments = request.segments else {
            throw APIFailure.invalid("", "the address is not percent-encoded UTF-8 without NUL")
        }
        let (route, arguments) = try Self.route(request.method, segments)
        let now = foundation.now()
        let address = request.local == nil ? settings.proxies.client(of: request) : Self.localAddress
        let caller = try await caller(of: request, route, from: address, now, reply)
        let call = APICall(
            operation: route.operation,
            caller: caller,
            address: address,
            now: now,
            arguments: arguments,
            query: request.query,
            parameters: request.parameters,
            headers: request.headers,
            node: try body(of: request, route)
        )
        if route.operation == .streamEvents, let caller {
            let id = try call.text("last_event_id", length: 0...64)
            try await foundation.hub.add(
                reply,
                headers.ofData + [
                    .init("Content-Type", "text/event-stream"), .init("Cache-Control", "no-store"),
                    .init("X-Accel-Buffering", "no"),
                ],
                caller,
                now: now,
                after: request.headers["last-event-id"] ?? id,
                backlog: foundation.backlog
            )
            return nil
        }
        guard let handler = foundation.handlers[route.operation] else { throw APIFailure.defect }
        let answer =
            route.operation == .signIn
            ? try await signIn(call, handler) : try await handler(call)
        guard case .stream(let type, let write) = answer, request.method != "HEAD" else {
            return try Self.response(of: answer, to: request)
        }
        let stream = reply.stream(
            headers.ofData + [.init("Content-Type", type), .init("Cache-Control", "no-store")]
        )
        do { try await write(stream) } catch {
            log.write(.warning, "a download ended early: \(error)", ["path": request.path])
        }
        stream.finish()
        return nil
    }

    /// The route of a method and a path.
    static func route(
        _ method: String,
        _ segments: [String]
    ) throws(APIFailure) -> (Route, [String: String]) {
        var methods: [String] = []
        for route in Route.all {
            guard let arguments = route.arguments(in: segments) else { continue }
            // A literal path hides one with an argument: `/silences/preview` is no silence.
            if !methods.isEmpty, !arguments.isEmpty, route.path.last?.hasPrefix("{") == true { continue }
            if route.method == method || (method == "HEAD" && route.method == "GET") {
                return (route, arguments)
            }
            methods.append(route.method)
            if route.method == "GET" { methods.append("HEAD") }
        }
        guard !methods.isEmpty else { throw .notFound("there is nothing at this address") }
        throw .methodNotAllowed(methods)
    }

    // MARK: Who calls

    private func caller(
        of request: HTTPRequest,
        _ route: Route,
        from address: String,
        _ now: Timestamp,
        _ reply: HTTPReply
    ) async throws -> Caller? {
        if route.operation == .signIn {
            guard request.local == nil else {
                throw APIFailure.forbidden("sessions are for browsers, which do not come by this socket")
            }
            try checkOrigin(request)
        }
        if case .everybody = route.access { return nil }
        // Looked up before anything is counted: what others fail at from the same address must not cost who does not.
        guard let caller = try await identify(request, reply, now) else {
            reply.note(isKnown: false)
            if let seconds = failures.take(network(of: address), now: now) {
                throw APIFailure.tooMany(retryAfter: seconds)
            }
            throw APIFailure.notSignedIn("send a token that works, or sign in")
        }
        reply.note(isKnown: true)
        if let seconds = requests.take("\(caller.token)", now: now) {
            throw APIFailure.tooMany(retryAfter: seconds)
        }
        if case .session(_, let token) = caller.means, !["GET", "HEAD"].contains(request.method) {
            try checkOrigin(request)
            guard isEqual(request.headers["x-csrf-token"] ?? "", token) else {
                throw APIFailure.forbidden("X-CSRF-Token is missing or wrong")
            }
        }
        if case .holders(let permission) = route.access {
            guard caller.permissions.contains(permission) else {
                let roles = caller.roles.map(\.rawValue).joined(separator: ", ")
                let needed = Role.allCases.filter { $0.permissions.contains(permission) }.map(\.rawValue)
                throw APIFailure.forbidden(
                    "the role \(roles) does not allow this: it needs \(needed.joined(separator: " or "))"
                )
            }
        }
        return caller
    }

    /// Signs somebody in: each token so often, and from each network so many failures.
    private func signIn(_ call: APICall, _ handler: Handler) async throws -> APIAnswer {
        if case .object(let members) = call.node, case .text(let token) = members["token"],
            let caller = try await foundation.authority.caller(token),
            let seconds = signIns.take("\(caller.token)", now: call.now)
        {
            throw APIFailure.tooMany(retryAfter: seconds)
        }
        do {
            return try await handler(call)
        } catch let failure as APIFailure {
            guard case .notSignedIn = failure,
                let seconds = signInFailures.take(network(of: call.address), now: call.now)
            else { throw failure }
            throw APIFailure.tooMany(retryAfter: seconds)
        }
    }

    private func checkHost(_ request: HTTPRequest) throws(APIFailure) {
        guard let hosts = settings.hosts, !hosts.admit(request.headers["host"]) else { return }
        throw .invalid(
            "Host",
            "'\(request.headers["host"] ?? "")' is no name of this server: its operator can add it to api.hosts"
        )
    }

    private func identify(
        _ request: HTTPRequest,
        _ reply: HTTPReply,
        _ now: Timestamp
    ) async throws -> Caller? {
        if let header = request.headers["authorization"] {
            let words = header.split(separator: " ")
            guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
            return try await foundation.authority.caller(String(words[1]))
        }
        // Cookies are browsers', and count for nothing here.
        if let peer = request.local { return try localCaller(peer, request, reply, now) }
        guard let cookie = request.headers["cookie"].flatMap(Self.sessionCookie) else { return nil }
        return try await foundation.authority.sessionCaller(cookie)
    }

    /// The account at the other end of a Unix socket; refusals are counted by account.
    private func localCaller(
        _ peer: LocalPeer,
        _ request: HTTPRequest,
        _ reply: HTTPReply,
        _ now: Timestamp
    ) throws -> Caller? {
        guard let local = settings.local else { return nil }
        do throws(APIFailure) {
            return try local.caller(of: peer, as: request.headers[LocalAccess.roleHeader])
        } catch {
            reply.note(isKnown: false)
            if let seconds = failures.take("uid \(peer.user)", now: now) {
                throw APIFailure.tooMany(retryAfter: seconds)
            }
            throw error
        }
    }

    /// What ledgers call the place that requests by the Unix socket come from.
    private static let localAddress = "local"

    static func sessionCookie(_ header: String) -> String? {
        for pair in header.split(separator: ";") {
            let trimmed = pair.drop { $0 == " " }
            if trimmed.hasPrefix("riskd_session=") { return String(trimmed.dropFirst(14)) }
        }
        return nil
    }

    /// Browsers say where a request comes from: from another place nothing is changed here.
    private func checkOrigin(_ request: HTTPRequest) throws(APIFailure) {
        if let site = request.headers["sec-fetch-site"], site != "same-origin", site != "none" {
            throw .forbidden("the request comes from another site")
        }
        guard let origin = request.headers["origin"] else { return }
        let scheme = settings.isEncrypted ? "https" : "http"
        let own = request.headers["host"].map { "\(scheme)://\($0)" }
        guard origin == own || settings.origins.contains(origin) else {
            throw .forbidden("the request comes from another origin")
        }
    }

    private func body(of request: HTTPRequest, _ route: Route) throws(APIFailure) -> JSONNode? {
        guard route.hasBody else { return nil }
        let type = request.headers["content-type"]?.lowercased().prefix { $0 != ";" }.filter { $0 != " " }
        guard type == "application/json" else { throw .unsupportedMediaType }
        guard !request.isBodyTooLong else { throw .tooLarge }
        return try JSONNode.parse(request.body)
    }

    // MARK: Answers

    private static func response(of answer: APIAnswer, to request: HTTPRequest) throws -> HTTPResponse {
        switch answer {
        case .json(let document):
            let bytes = try DocumentEncoder.encode(document)
            return cached(bytes, "application/json", request)
        case .created(let document, let headers):
            return data(201, try DocumentEncoder.encode(document), "application/json", headers)
        case .accepted(let document):
            return data(202, try DocumentEncoder.encode(document), "application/json", [])
        case .done(let headers):
            return HTTPResponse(status: 204, headers: headers + [.init("Cache-Control", "no-store")])
        case .png(let bytes, let headers): return data(200, bytes, "image/png", headers)
        case .stream(let type, _): return data(200, [], type, [])
        case .text(let bytes, let type): return cached(bytes, type, request)
        }
    }

    private static func data(
        _ status: Int,
        _ bytes: [UInt8],
        _ type: String,
        _ headers: [HTTPResponse.Header]
    ) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: headers + [.init("Content-Type", type), .init("Cache-Control", "no-store")],
            body: bytes
        )
    }

    private static func cached(_ bytes: [UInt8], _ type: String, _ request: HTTPRequest) -> HTTPResponse {
        let tag = entityTag(bytes)
        guard ["GET", "HEAD"].contains(request.method) else { return data(200, bytes, type, []) }
        if matches(request.headers["if-none-match"], tag) {
            return HTTPResponse(
                status: 304,
                headers: [.init("ETag", tag), .init("Cache-Control", "no-store")]
            )
        }
        return data(200, bytes, type, [.init("ETag", tag)])
    }
}

/// Compares all of two texts, so that the time tells nothing of where they differ.
private func isEqual(_ left: String, _ right: String) -> Bool {
    let (a, b) = (Array(left.utf8), Array(right.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
}
