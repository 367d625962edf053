import Foundation
import Runtime
import Testing

@testable import HTTPServer

/// Connections that say nothing cost nobody else anything (attack A7 of docs/design/trials.md).
@Suite(.timeLimit(.minutes(10))) struct ConnectionTests {
    private func book(_ change: (inout HTTPServer.Limits) -> Void = { _ in }) -> ConnectionBook {
        var limits = HTTPServer.Limits(connections: 8, timeout: .seconds(30))
        limits.kept = 4
        limits.strangersPerNetwork = 3
        limits.headDeadline = .seconds(10)
        change(&limits)
        return ConnectionBook(limits)
    }

    @Test func `a network's strangers take the place of its own oldest`() {
        var book = book()
        for id in 1...3 as ClosedRange<UInt64> { #expect(book.open(id, from: "a", now: Double(id)) == []) }
        #expect(book.open(4, from: "a", now: 4) == [1])
        book.turn(2, to: .nextHead, now: 5)
        #expect(book.open(5, from: "a", now: 6) == [3])
        // Whom riskd is answering just now is not interrupted.
        book.turn(4, to: .answer, now: 6)
        #expect(book.open(6, from: "a", now: 7) == [2])
        #expect(book.open(7, from: "b", now: 7) == [])
        book.close(7)
        #expect(book.count == 3)
    }

    @Test func `strangers of all networks take the place of each other's, never of those who are known`() {
        var book = book()
        for id in 1...4 as ClosedRange<UInt64> {
            #expect(book.open(id, from: "\(id)", now: 1) == [])
            book.note(id, isKnown: true)
        }
        for id in 5...8 as ClosedRange<UInt64> { #expect(book.open(id, from: "\(id)", now: 2) == []) }
        for id in 9...100 as ClosedRange<UInt64> {
            #expect(book.open(id, from: "\(id)", now: Double(id)) == [id - 4])
        }
        #expect(book.count == 8)
    }

    @Test func `who is known has room while strangers fill theirs, and goes last`() {
        var book = book()
        for id in 1...8 as ClosedRange<UInt64> {
            _ = book.open(id, from: "\(id)", now: Double(id))
            book.note(id, isKnown: true)
            book.turn(id, to: id % 2 == 0 ? .answer : .nextHead, now: Double(id))
        }
        #expect(book.count == 8)
        #expect(book.open(9, from: "9", now: 9) == [1])
        #expect(book.open(10, from: "10", now: 10) == [3])
        // A known caller that presents nothing that works any more is a stranger again.
        book.note(5, isKnown: false)
        #expect(book.takeOverdue(now: 1000) == [5, 7, 9, 10])
    }

    @Test func `behind a proxy no bound on a network holds`() {
        var book = book()
        for id in 1...4 as ClosedRange<UInt64> { #expect(book.open(id, from: nil, now: 0) == []) }
        #expect(book.open(5, from: nil, now: 1) == [1])
    }

    @Test func `each thing that is waited for has its time, however it trickles`() {
        var book = book { $0.kept = 0 }
        for id in 1...5 as ClosedRange<UInt64> { _ = book.open(id, from: "\(id)", now: 0) }
        for (id, phase) in [(2, .body), (3, .nextHead), (4, .reading), (5, .answer)]
            as [(UInt64, ConnectionBook.Phase)]
        {
            book.turn(id, to: phase, now: 1)
        }
        #expect(book.takeOverdue(now: 9.9) == [])
        #expect(book.takeOverdue(now: 10) == [1])
        #expect(book.takeOverdue(now: 30.9) == [])
        #expect(book.takeOverdue(now: 31) == [2, 3])
        #expect(book.takeOverdue(now: 121) == [4])
        #expect(book.takeOverdue(now: 1e9) == [])
    }

    @Test func `200 silent connections, and 200 that trickle, do not keep an answer from anybody`() throws {
        var limits = HTTPServer.Limits(connections: 64, timeout: .seconds(30))
        limits.headDeadline = .seconds(3600)
        let server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            limits: limits,
            log: Log(threshold: .error)
        ) { _ in .text("alive\n") }
        for start in ["", "GET / HT"] {
            let silent = try (0..<200).map { _ in
                let client = try RawClient(port: server.port)
                client.send(start)
                return client
            }
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().body == "alive\n")
            // The first of them had to go.
            #expect(silent[0].receive() == [])
        }
        server.stop()
    }

    @Test func `a head that does not come to its end in time is not waited for`() throws {
        var limits = HTTPServer.Limits()
        limits.headDeadline = .milliseconds(50)
        let server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            limits: limits,
            log: Log(threshold: .error)
        ) { _ in .text("alive\n") }
        let client = try RawClient(port: server.port)
        var isOpen = true
        // However often something comes: only what has been answered begins anew.
        while isOpen {
            client.send("X")
            isOpen = client.receive(within: 10) != []
        }
        let other = try RawClient(port: server.port)
        other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try other.response().body == "alive\n")
    }

    @Test(
        arguments: [
            "Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3\r\ncontent-length: 30",
            "Content-Length: 3\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity", "Content-Length: +3", "Content-Length: 3, 3", "Content-Length: -1",
            "Content-Length: 0x3", "Host: b",
        ]
    )
    func `a head that two servers may read differently is refused, and nothing after it is read`(
        fields: String
    ) throws {
        let asked = Shared(0)
        let server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            limits: HTTPServer.Limits(),
            log: Log(threshold: .error),
            answering: { _, reply in
                asked.withLock { $0 += 1 }
                reply.send(.text("answered\n"))
            }
        )
        let client = try RawClient(port: server.port)
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\nabcGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        #expect(try client.response().status == 400)
        while let more = client.receive(within: 1000), !more.isEmpty {
            Issue.record("more came: \(String(decoding: more, as: UTF8.self))")
        }
        #expect(asked.withLock { $0 } == 0)
    }

    @Test func `what proxies add line by line is one list, in order`() {
        let fields = fields([
            ("X-Forwarded-For", "a"), ("Host", "x"), ("x-forwarded-for", "b"), ("HOST", "y"),
        ])
        #expect(fields == ["x-forwarded-for": "a, b", "host": "x"])
    }
}
