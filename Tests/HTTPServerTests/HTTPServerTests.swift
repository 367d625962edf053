import Glibc
import HTTPServer
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct HTTPServerTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func `answers with what the handler says`(address: String) throws {
        let server = try start(address: address)
        let client = try RawClient(address, port: server.port)
        client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.body == "alive\n")
        #expect(response.headers["content-type"] == "text/plain; charset=utf-8")
        #expect(response.headers["cache-control"] == "no-store")
        #expect(response.headers["content-length"] == "6")
    }

    @Test func `one connection carries several requests`() throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        for _ in 0..<5 {
            client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try client.response().body == "alive\n")
            client.send("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let response = try client.response()
            #expect(response.status == 404)
            #expect(response.body == "not found\n")
        }
    }

    @Test func `path and query arrive decoded`() throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        client.send("GET /echo%2F%C3%A9?b=1%202&a&b=3&c=x%26y HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response().body == "GET /echo/é a= b=1 2 c=x&y")
    }

    @Test func `HEAD tells the length and sends no body`() throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        client.send("HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let response = try client.response(hasBody: false)
        #expect(response.status == 200)
        #expect(response.headers["content-length"] == "6")
        #expect(response.rest == 0)
        #expect(client.receive(within: 50) == nil)
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "BREW"])
    func `other methods are refused`(method: String) throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        client.send("\(method) /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
        let response = try client.response()
        #expect(response.status == 405)
        #expect(response.headers["allow"] == "GET, HEAD")
    }

    @Test func `a body of a GET is read and forgotten`() throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try client.response().body == "alive\n")
        client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response().body == "alive\n")
    }

    @Test(
        arguments: [
            "nonsense\r\n\r\n", "GET /livez HTTP/1.1\r\n\r\n",
            "GET /\(String(repeating: "x", count: 40_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n",
        ]
    )
    func `bad requests are refused and the server lives on`(request: String) throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        client.send(request)
        // Refused in words, or, where there is nothing to say, by closing.
        let answer = String(decoding: client.receive() ?? [], as: UTF8.self)
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
        let next = try RawClient(port: server.port)
        next.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try next.response().status == 200)
    }

    @Test func `a large body arrives whole`() throws {
        let server = try start()
        let client = try RawClient(port: server.port)
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try client.response()
        #expect(response.body.utf8.count == 3_000_000)
        #expect(response.body.utf8.allSatisfy { $0 == UInt8(ascii: "x") })
    }

    @Test func `many clients at once are all answered`() async throws {
        let server = try start()
        let port = server.port
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask { @concurrent in
                    let client = try RawClient(port: port)
                    var answered = 0
                    for _ in 0..<25 {
                        client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                        if try client.response().body == "alive\n" { answered += 1 }
                    }
                    return answered
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(answered == 400)
    }

    @Test func `a connection beyond the limit takes the place of the one that is idle for longest`() throws {
        let server = try start(limits: HTTPServer.Limits(connections: 2))
        let clients = try (0..<3).map { _ in
            let client = try RawClient(port: server.port)
            client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
            return client
        }
        #expect(clients[0].receive() == [])
        clients[1].send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try clients[1].response().status == 200)
    }

    @Test func `a silent connection is closed`() throws {
        let server = try start(limits: HTTPServer.Limits(timeout: .milliseconds(1)))
        let client = try RawClient(port: server.port)
        client.send("GET /livez HTT")
        // A refusal (408) may come before the end.
        while let bytes = client.receive(within: 10_000) {
            if bytes.isEmpty { return }
        }
        Issue.record("the connection was not closed")
    }

    // MARK: Start and stop

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a port in use is named`(address: String) throws {
        let server = try start(address: address)
        let error = HTTPServerError.inUse(address: address, port: server.port)
        #expect(throws: error) { try start(address: address, port: server.port) }
        #expect(error.description.contains("port \(server.port) of \(address) is in use"))
    }

    @Test(arguments: ["localhost", "", "127.0.0.1:80", "1.2.3.4.5", "example.org"])
    func `an address that is not numeric is refused`(address: String) {
        #expect(throws: HTTPServerError.invalidAddress(address)) { try start(address: address) }
    }

    @Test func `an address that is not ours is refused`() throws {
        let error = try #require(throws: HTTPServerError.self) { try start(address: "192.0.2.1") }
        guard case .cannotListen("192.0.2.1", 0, _) = error else { throw error }
    }

    @Test func `stops while connections are open, and frees the port`() throws {
        let server = try start()
        let idle = try RawClient(port: server.port)
        let halfway = try RawClient(port: server.port)
        halfway.send("GET /livez HTTP/1.1\r\nHo")
        let used = try RawClient(port: server.port)
        used.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try used.response().status == 200)
        server.stop()
        server.stop()
        for client in [halfway, used] { #expect(client.receive() == []) }
        // Never accepted, or closed: either way nothing is said.
        #expect(idle.receive() == [])
        #expect(throws: ConnectFailed(code: ECONNREFUSED)) { try RawClient(port: server.port) }
        let again = try start(port: server.port)
        #expect(again.port == server.port)
    }

    @Test func `the last reference stops the server`() throws {
        var server: HTTPServer? = try start()
        let port = try #require(server).port
        let client = try RawClient(port: port)
        server = nil
        #expect(throws: ConnectFailed(code: ECONNREFUSED)) { try RawClient(port: port) }
        #expect(client.receive() == [])
    }
}

private func start(
    address: String = "127.0.0.1",
    port: UInt16 = 0,
    limits: HTTPServer.Limits = HTTPServer.Limits()
) throws(HTTPServerError) -> HTTPServer {
    try HTTPServer(address: address, port: port, limits: limits, log: Log(sink: { _ in })) { request in
        switch request.path {
        case "/livez": return .text("alive\n")
        case "/large": return .text(String(repeating: "x", count: 3_000_000))
        case let path where path.hasPrefix("/echo"):
            let query = request.query.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            return .text("\(request.method) \(path)\(query.joined())")
        default: return .notFound
        }
    }
}
