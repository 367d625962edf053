import HTTPServer
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct PostTests {
    private func server(body: Int = 1 << 20) throws -> HTTPServer {
        try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            methods: ["GET", "POST"],
            limits: HTTPServer.Limits(body: body),
            log: Log(threshold: .error)
        ) { request in
            .text(
                "\(request.method) \(request.headers["x-a"] ?? "-") \(String(decoding: request.body, as: UTF8.self))"
            )
        }
    }

    @Test func `the body and the headers are handed over`() throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send("POST /x HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-a: 2\r\nContent-Length: 5\r\n\r\nhe")
        client.send("llo")
        #expect(try client.response().body == "POST 1 hello")
        client.send(
            "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        #expect(try client.response().body == "POST - abcde")
        client.send("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try client.response().body == "GET - ")
    }

    @Test func `a body beyond the limit is refused, one at the limit is not`() throws {
        let server = try server(body: 5)
        let client = try RawClient(port: server.port)
        client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try client.response().status == 200)
        client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhello!")
        #expect(try client.response().status == 413)
    }

    @Test func `other methods are refused with those that are answered`() throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 405)
        #expect(response.headers["allow"] == "GET, POST")
    }
}
