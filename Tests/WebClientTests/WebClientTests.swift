import HTTPServer
import RiskdTesting
import Runtime
import Testing

@testable import WebClient

@Suite(.timeLimit(.minutes(10))) struct WebClientTests {
    private let loopback = AddressGuard(allowed: ["127.0.0.1/32", "::1/128"].compactMap { AddressRange($0) })

    private func request(
        _ port: UInt16,
        host: String = "127.0.0.1",
        path: String = "/hook",
        headers: [WebRequest.Header] = [],
        body: String = "{}",
        addressGuard: AddressGuard? = nil
    ) throws -> WebRequest {
        let policy = EndpointURL.Policy(ports: [port], allowsPlainHTTP: true)
        return WebRequest(
            url: try EndpointURL("http://\(host):\(port)\(path)", policy: policy),
            headers: headers,
            body: Array(body.utf8),
            addressGuard: addressGuard ?? loopback
        )
    }

    @Test func `a request arrives as it was made, and the answer comes back`() async throws {
        let receiver = try ReceiverStub { _, _ in
            HTTPResponse(status: 201, headers: [.init("Retry-After", " 17 ")], body: Array("thanks".utf8))
        }
        let headers: [WebRequest.Header] = [
            .init("Content-Type", "application/json"), .init("webhook-id", "msg_1\r\nX-Evil: 1"),
        ]
        let client = try WebClient()
        let response = try await client.send(
            request(receiver.port, headers: headers, body: "{\"a\":\"\u{0}é\"}")
        )
        #expect(response == WebResponse(status: 201, retryAfter: "17", body: Array("thanks".utf8)))
        let received = try #require(receiver.requests.first)
        #expect(received.method == "POST")
        #expect(received.path == "/hook")
        #expect(received.body == Array("{\"a\":\"\u{0}é\"}".utf8))
        #expect(received.headers["content-type"] == "application/json")
        #expect(received.headers["webhook-id"] == "msg_1X-Evil: 1")
        #expect(received.headers["x-evil"] == nil)
        #expect(received.headers["expect"] == nil)
        #expect(received.headers["accept-encoding"] == nil)
    }

    @Test(arguments: [WebRequest.Method.get, .put, .delete])
    func `other methods are asked as they are named`(_ method: WebRequest.Method) async throws {
        let receiver = try ReceiverStub(methods: ["GET", "PUT", "DELETE"]) { _, _ in
            HTTPResponse(status: 200, headers: [], body: [UInt8](repeating: 7, count: 100_000))
        }
        let policy = EndpointURL.Policy(ports: nil, allowsPlainHTTP: true)
        var request = WebRequest(
            method,
            url: try EndpointURL("http://127.0.0.1:\(receiver.port)/x", policy: policy),
            headers: [.init("Content-Type", "text/plain")],
            body: method == .put ? Array("new".utf8) : [],
            addressGuard: .open
        )
        request.bodyLimit = 200_000
        let client = try WebClient()
        let response = try await client.send(request)
        #expect(response.body.count == 100_000 && !response.isTruncated)
        let received = try #require(receiver.requests.first)
        #expect(received.method == method.rawValue)
        #expect(received.body == (method == .put ? Array("new".utf8) : []))
        // What comes is handed on, and not kept.
        let bytes = Shared(0)
        request.receiver = { part in bytes.withLock { $0 += part.count } }
        #expect(try await client.send(request).body.isEmpty)
        #expect(bytes.withLock { $0 } == 100_000)
    }

    @Test func `a stream that falls silent is broken off`() async throws {
        let server = try SilentServer()
        let policy = EndpointURL.Policy(ports: nil, allowsPlainHTTP: true)
        var request = WebRequest(
            .get,
            url: try EndpointURL("http://127.0.0.1:\(server.port)/", policy: policy),
            headers: [],
            addressGuard: .open
        )
        request.timeout = nil
        request.silence = .seconds(1)
        let error = await #expect(throws: WebError.self) { try await WebClient().send(request) }
        guard case .timedOut = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        let target = try ReceiverStub()
        let receiver = try ReceiverStub { _, _ in
            HTTPResponse(status: 302, headers: [.init("Location", "http://127.0.0.1:\(target.port)/")])
        }
        #expect(try await WebClient().send(request(receiver.port)).status == 302)
        #expect(target.requests.isEmpty)
    }

    @Test func `no more of a body is read than the limit, and the status counts`() async throws {
        let receiver = try ReceiverStub { _, _ in
            HTTPResponse(status: 200, body: [UInt8](repeating: 65, count: 10_000_000))
        }
        let response = try await WebClient().send(request(receiver.port))
        #expect(response.status == 200)
        #expect(response.isTruncated)
        #expect(response.body == [UInt8](repeating: 65, count: 16_384))
    }

    @Test func `loopback is refused unless it is allowed, and nothing arrives`() async throws {
        let receiver = try ReceiverStub()
        let error = WebError.blocked(host: "127.0.0.1", address: "127.0.0.1", range: "127.0.0.0/8")
        await #expect(throws: error) {
            try await WebClient().send(request(receiver.port, addressGuard: AddressGuard()))
        }
        #expect(receiver.requests.isEmpty)
    }

    @Test func `a name that the system resolves to loopback is refused`() async throws {
        let receiver = try ReceiverStub()
        let error = await #expect(throws: WebError.self) {
            try await WebClient()
                .send(request(receiver.port, host: "localhost", addressGuard: AddressGuard()))
        }
        guard case .blocked("localhost", _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(receiver.requests.isEmpty)
    }

    /// A name that answers with an allowed address when it is checked and with another when it is connected to: the
    /// guard stands at the socket, so it sees what is connected to.
    @Test func `a name that changes its address between two requests is checked each time`() async throws {
        let good = try ReceiverStub(address: "127.0.0.1") { _, _ in
            HTTPResponse(status: 200, headers: [.init("Connection", "close")])
        }
        let inside = try ReceiverStub(address: "127.0.0.2", port: good.port)
        let resolver = Answers(["127.0.0.1", "127.0.0.2", "127.0.0.1"])
        let client = try WebClient { _ in resolver.next() }
        let toName = try request(good.port, host: "rebinding.example")
        #expect(try await client.send(toName).status == 200)
        await #expect(
            throws: WebError.blocked(host: "rebinding.example", address: "127.0.0.2", range: "127.0.0.0/8")
        ) { try await client.send(toName) }
        #expect(try await client.send(toName).status == 200)
        #expect(good.requests.count == 2)
        #expect(good.requests.first?.headers["host"] == "rebinding.example:\(good.port)")
        #expect(inside.requests.isEmpty)
    }

    @Test func `of several addresses only those that are allowed are connected to`() async throws {
        let good = try ReceiverStub(address: "127.0.0.1")
        let inside = try ReceiverStub(address: "127.0.0.2", port: good.port)
        let client = try WebClient { _ in ["127.0.0.2", "127.0.0.1"].compactMap { IPAddress($0) } }
        #expect(try await client.send(request(good.port, host: "both.example")).status == 204)
        #expect(good.requests.count == 1)
        #expect(inside.requests.isEmpty)
    }

    @Test func `a dead port, an unknown name and a silent server are told apart`() async throws {
        let receiver = try ReceiverStub()
        let port = receiver.port
        receiver.stop()
        let client = try WebClient()
        let dead = await #expect(throws: WebError.self) { try await client.send(request(port)) }
        guard case .unreachable = dead else {
            Issue.record("\(String(describing: dead))")
            return
        }
        #expect(dead?.isTransient == true)
        await #expect(throws: WebError.unresolved(host: "no-such-host.invalid")) {
            try await client.send(request(port, host: "no-such-host.invalid"))
        }
        let silent = try SilentServer()
        var late = try request(silent.port)
        late.timeout = .milliseconds(300)
        let start = ContinuousClock.now
        let error = await #expect(throws: WebError.self) { try await client.send(late) }
        guard case .timedOut = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(ContinuousClock.now - start >= .milliseconds(290))
    }

    @Test func `no error shows a token of the address`() async throws {
        let silent = try SilentServer()
        var late = try request(silent.port, path: "/T0/s3cret?token=s3cret")
        late.timeout = .milliseconds(50)
        let client = try WebClient()
        let inside = try request(silent.port, path: "/s3cret", addressGuard: AddressGuard())
        for request in [late, inside] {
            let error = await #expect(throws: WebError.self) { try await client.send(request) }
            #expect(!"\(String(describing: error))".contains("s3cret"))
        }
    }

    @Test func `connections are kept for the next request`() async throws {
        let receiver = try CountingServer()
        let client = try WebClient()
        for _ in 0..<5 { #expect(try await client.send(request(receiver.port)).status == 200) }
        #expect(receiver.connections == 1)
    }

    @Test func `a slow receiver does not delay another`() async throws {
        let silent = try SilentServer()
        let receiver = try ReceiverStub()
        let client = try WebClient()
        var slow = try request(silent.port)
        // Longer than a busy machine takes for what comes now.
        slow.timeout = .seconds(150)
        async let late = client.send(slow)
        for _ in 0..<100 { #expect(try await client.send(request(receiver.port)).status == 204) }
        #expect(receiver.requests.count == 100)
        client.close()
        do {
            _ = try await late
            Issue.record("a server that says nothing has answered")
        } catch {
            #expect(error as? WebError == .cancelled)
        }
    }

    @Test func `a cancelled or closed client answers everybody`() async throws {
        let silent = try SilentServer()
        let client = try WebClient()
        let slow = try request(silent.port)
        await withTaskGroup(of: WebError?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(WebError) {
                        _ = try await client.send(slow)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            client.close()
            for await error in group { #expect(error == .cancelled) }
        }
        await #expect(throws: WebError.cancelled) { try await client.send(slow) }
    }
}

private final class Answers: Sendable {
    private let answers: Locked<[String]>

    init(_ answers: [String]) { self.answers = Locked(answers) }

    func next() -> [IPAddress]? {
        let answer = answers.withLock { $0.isEmpty ? "127.0.0.2" : $0.removeFirst() }
        return IPAddress(answer).map { [$0] }
    }
}
