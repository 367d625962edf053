import Console
import HTTPServer
import RiskdTesting
import Runtime
import Testing
import WebClient

@testable import RiskctlCLI

@Suite(.timeLimit(.minutes(10))) struct ClientTests {
    @Test func `events are the same however their bytes are cut`() {
        let text = """
            : riskd\r
            retry: 2000\r
            \r
            id: 1.2\n\nid: 1.3\nevent: level\ndata: {"a":1}\n\nevent: tick\rdata: x\rdata:y\r\rdata\n\n
            event: none\n\nid: 9\ndata: é名\nfoo: bar\n\nid: 1\0\ndata: last\n\ndata: unfinished\n
            """
        let bytes = Array(text.utf8)
        var whole = EventParser()
        let expected = whole.parse(bytes)
        #expect(
            expected == [
                StreamedEvent(id: "1.3", name: "level", data: "{\"a\":1}"),
                StreamedEvent(id: nil, name: "tick", data: "x\ny"),
                StreamedEvent(id: nil, name: "message", data: ""),
                StreamedEvent(id: "9", name: "message", data: "é名"),
                StreamedEvent(id: nil, name: "message", data: "last"),
            ]
        )
        #expect(whole.lastID == "9")
        for size in 1...17 {
            var parser = EventParser()
            let parts = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(parts.flatMap { parser.parse($0) } == expected)
        }
        // An id alone is no event, and is known nonetheless.
        var first = EventParser()
        #expect(first.parse(Array("id: 5.6\n\n".utf8)).isEmpty && first.lastID == "5.6")
    }

    @Test func `what is put into an address cannot leave its place`() {
        let query: Query = ["a": "x&y=1", "b": nil, "c": "ü /?#"]
        #expect(query.text == "?a=x%26y%3D1&c=%C3%BC%20%2F%3F%23")
        #expect(encoded("user:fashion/../x") == "user%3Afashion%2F..%2Fx")
        #expect(Query().text.isEmpty)
    }

    private func client(
        _ port: UInt16,
        token: String? = "rkd_x",
        note: @escaping @Sendable (String) -> Void = { _ in }
    ) throws
        -> RiskdClient
    {
        try RiskdClient(
            Connection(url: "http://127.0.0.1:\(port)", token: token, authorities: nil, timeout: .seconds(5)),
            note: note
        )
    }

    private static func problem(_ status: Int, _ detail: String, headers: [HTTPResponse.Header] = [])
        -> HTTPResponse
    {
        HTTPResponse(
            status: status,
            headers: headers,
            body: Array(#"{"title":"T","status":\#(status),"detail":"\#(detail)"}"#.utf8)
        )
    }

    @Test(arguments: [
        (401, "rkd_x", "not signed in: d: the token is unknown, expired or revoked"),
        (401, nil, "not signed in: d: no token is known: riskctl token create, on riskd's machine, makes"),
        (403, "rkd_x", "not allowed: d"),
        (404, "rkd_x", "not found: d"), (409, "rkd_x", "this cannot be done now: d"),
        (400, "rkd_x", "riskd refuses the request: d"), (503, "rkd_x", "riskd is not available: d"),
        (500, "rkd_x", "riskd answered 500: d"), (302, "rkd_x", "riskd answered 302: d: this is a redirect"),
    ])
    func `a refusal is said in words`(_ status: Int, _ token: String?, _ expected: String) async throws {
        let server = try ReceiverStub(methods: ["GET"]) { _, _ in Self.problem(status, "d") }
        let client = try client(server.port, token: token)
        let error = await #expect(throws: ClientError.self) { try await client.get(["me"]) }
        #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
        #expect(server.requests.first?.headers["authorization"] == token.map { "Bearer \($0)" })
    }

    @Test func `another server's 404 is not taken for riskd's, and what is no JSON is refused`() async throws
    {
        let other = try ReceiverStub(methods: ["GET"]) { _, _ in
            HTTPResponse(status: 404, headers: [], body: Array("<html>".utf8))
        }
        let client = try client(other.port)
        #expect(
            await (#expect(throws: ClientError.self) { try await client.get(["me"]) })?.description
                == "not found: is this a riskd?"
        )
        let page = try ReceiverStub(methods: ["GET"]) { _, _ in
            HTTPResponse(status: 200, headers: [], body: Array("<html>".utf8))
        }
        let error = await #expect(throws: ClientError.self) { try await self.client(page.port).get(["me"]) }
        #expect(error?.description.hasPrefix("riskd's answer was not understood: this is not JSON") == true)
    }

    @Test func `patience is had once it is asked for`() async throws {
        let count = Shared(0)
        let server = try ReceiverStub(methods: ["GET"]) { _, _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number == 1
                ? Self.problem(429, "slow", headers: [.init("Retry-After", "0")])
                : HTTPResponse(status: 200, headers: [], body: Array("{}".utf8))
        }
        let notes = Collected()
        #expect(
            try await client(server.port, note: { notes.append($0) }).get(["me"])
                == .object([JSONValue.Member]())
        )
        #expect(notes.text == "riskd asks for patience: too many requests; trying again in 0 s")
        let never = try ReceiverStub(methods: ["GET"]) { _, _ in
            Self.problem(429, "slow", headers: [.init("Retry-After", "600")])
        }
        let error = await #expect(throws: ClientError.self) { try await self.client(never.port).get(["me"]) }
        #expect(error?.description == "too many requests: slow: try again in 600 s")
    }

    @Test func `pages are followed as far as somebody wants`() async throws {
        let server = try ReceiverStub(methods: ["GET"]) { request, _ in
            let begin = Int(request.query["cursor"] ?? "0") ?? 0
            let limit = Int(request.query["limit"] ?? "0") ?? 0
            let end = min(begin + limit, 2500)
            let items = (begin..<end).map { JSONValue.integer(Int64($0)) }
            let next: [JSONValue.Member] = end < 2500 ? [.init("next", .string("\(end)"))] : []
            return HTTPResponse(
                status: 200,
                headers: [],
                body: Array(JSONValue.object([.init("items", .array(items))] + next).text.utf8)
            )
        }
        let client = try client(server.port)
        for (limit, count, isCut) in [
            (10, 10, true), (1000, 1000, true), (1500, 1500, true), (2500, 2500, false), (nil, 2500, false),
        ] as [(Int?, Int, Bool)] {
            let found = try await client.list(["x"], [:], limit: limit)
            #expect(found.items == (0..<count).map { JSONValue.integer(Int64($0)) })
            #expect(found.isCut == isCut)
        }
    }

    @Test func `a stream that is cut off goes on where it stopped`() async throws {
        let server = try ReceiverStub(methods: ["GET"]) { _, number in
            let texts = [
                ": hello\nid: 5.5\n\n", "id: 5.6\nevent: level\ndata: {}\n\nevent: tick\ndata: {}\n\n",
                "id: 5.7\nevent: alert\ndata: {}\n\n",
            ]
            return HTTPResponse(status: 200, headers: [], body: Array(texts[min(number, 3) - 1].utf8))
        }
        let names = Shared([String]())
        try await EventFeed(client: client(server.port), note: { _ in }).forEach { event in
            names.withLock { $0.append(event.name) }
            return event.name != "alert"
        }
        #expect(names.withLock { $0 } == ["open", "open", "level", "tick", "open", "alert"])
        let asked = server.requests.map { $0.query["last_event_id"] }
        #expect(asked.prefix(3) == [nil, "5.5", "5.6"])
        // Where telling the alert took long, the stream was asked for again meanwhile: after the alert, nothing else.
        #expect(asked.dropFirst(3).allSatisfy { $0 == "5.7" })
        let refusing = try ReceiverStub(methods: ["GET"]) { _, _ in Self.problem(403, "d") }
        let error = await #expect(throws: ClientError.self) {
            try await EventFeed(client: self.client(refusing.port), note: { _ in }).forEach { _ in true }
        }
        #expect(error?.status == 403)
    }

    @Test func `who cannot be reached is named`() async throws {
        let error = await #expect(throws: ClientError.self) { try await client(1).get(["me"]) }
        #expect(
            error?.description.hasPrefix(
                "riskd at http://127.0.0.1:1 cannot be asked: 127.0.0.1:1 cannot be reached"
            ) == true
        )
    }
}
