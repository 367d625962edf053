import HTTPServer
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct StreamTests {
    /// Streams that a server has begun.
    private final class Streams: Sendable {
        private let all = Locked<[HTTPStream]>([])
        func add(_ stream: HTTPStream) { all.withLock { $0.append(stream) } }
        var list: [HTTPStream] { all.withLock { $0 } }

        func wait(for count: Int) async throws -> [HTTPStream] {
            while list.count < count { try await Task.sleep(for: .milliseconds(5)) }
            return list
        }
    }

    private func server(_ streams: Streams) throws -> HTTPServer {
        try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            limits: HTTPServer.Limits(connections: 2000, head: 4096),
            log: Log(threshold: .error)
        ) { _, reply in
            streams.add(reply.stream([.init("Content-Type", "text/event-stream")]))
        }
    }

    /// What a client reads until `text` has come.
    private func read(_ client: RawClient, until text: String) throws -> String {
        var all = ""
        while !all.contains(text) {
            let more = try #require(client.receive(), "nothing came after: \(all)")
            try #require(!more.isEmpty, "the connection ended after: \(all)")
            all += String(decoding: more, as: UTF8.self)
        }
        return all
    }

    @Test func `what is written arrives at once, and the end ends the body`() async throws {
        let streams = Streams()
        let server = try server(streams)
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let stream = try #require(try await streams.wait(for: 1).first)
        stream.write(Array("one".utf8))
        #expect(try read(client, until: "one").contains("Transfer-Encoding: chunked"))
        #expect(stream.write(Array("two".utf8)))
        _ = try read(client, until: "two")
        // More than one buffer of the server's.
        let long = String(repeating: "x", count: 50_000) + "y"
        stream.write(Array(long.utf8))
        _ = try read(client, until: "xy")
        stream.finish()
        _ = try read(client, until: "0\r\n\r\n")
        #expect(!stream.write([1]))
        #expect(stream.isGone)
    }

    @Test func `an answer may come later, from elsewhere`() async throws {
        let replies = Locked<[HTTPReply]>([])
        let server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            log: Log(threshold: .error)
        ) { _, reply in replies.withLock { $0.append(reply) } }
        let client = try RawClient(port: server.port)
        let other = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while replies.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(client.receive(within: 50) == nil)
        for (index, reply) in replies.withLock({ $0 }).enumerated() {
            reply.send(.text("later"))
            reply.send(.text("never \(index)"))
        }
        #expect(try client.response().body == "later")
        #expect(try other.response().body == "later")
        // The connection goes on.
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while replies.withLock({ $0.count }) < 3 { try await Task.sleep(for: .milliseconds(5)) }
        replies.withLock { $0[2] }.send(.text("again"))
        #expect(try client.response().body == "again")
    }

    @Test func `a server stops while answers and streams are awaited`() async throws {
        let streams = Streams()
        let pending = Locked(0)
        let server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            log: Log(threshold: .error)
        ) { request, reply in
            if request.path == "/stream" { streams.add(reply.stream([])) }
            pending.withLock { $0 += 1 }
        }
        let clients = try (0..<8).map { _ in try RawClient(port: server.port) }
        for (index, client) in clients.enumerated() {
            client.send("GET \(index % 2 == 0 ? "/stream" : "/wait") HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        while pending.withLock({ $0 }) < 8 { try await Task.sleep(for: .milliseconds(5)) }
        server.stop()
        #expect(!streams.list[0].write([1]))
    }

    @Test func `a reader that does not keep up is cut off`() async throws {
        let streams = Streams()
        let server = try server(streams)
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let stream = try #require(try await streams.wait(for: 1).first)
        let piece = [UInt8](repeating: 65, count: 100_000)
        var written = 0
        while stream.write(piece), written < 1000 { written += 1 }
        #expect(written < 1000)
        #expect(stream.isGone)
    }

    @Test func `a reader that goes away is noticed`() async throws {
        let streams = Streams()
        let server = try server(streams)
        do {
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await streams.wait(for: 1)
        }
        let stream = streams.list[0]
        while stream.write(Array("x".utf8)) { try await Task.sleep(for: .milliseconds(5)) }
        #expect(stream.isGone)
    }

    @Test func `paths are taken apart before they are decoded`() async throws {
        let seen = Locked<[HTTPRequest]>([])
        let server = try HTTPServer(address: "127.0.0.1", port: 0, log: Log(threshold: .error)) { request in
            seen.withLock { $0.append(request) }
            return .text("ok")
        }
        let client = try RawClient(port: server.port)
        client.send("GET /a/b%2Fc%20d?x=1%2B2+3&y HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.response()
        client.send("GET /%zz?x=%00 HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.response()
        let requests = seen.withLock { $0 }
        #expect(requests[0].segments == ["a", "b/c d"])
        #expect(requests[0].path == "/a/b/c d")
        #expect(requests[0].query == ["x": "1+2 3", "y": ""])
        #expect(requests[0].isWellFormed)
        #expect(requests[0].peer == "127.0.0.1")
        #expect(requests[1].segments == nil)
        #expect(!requests[1].isWellFormed)
        #expect(requests[1].path == "/%zz")
    }
}
