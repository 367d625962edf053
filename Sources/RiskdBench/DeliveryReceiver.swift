import Foundation
import HTTPServer
import Runtime

/// A webhook receiver on loopback that remembers when it first saw each alert of the benchmark.
final class DeliveryReceiver: Sendable {
    /// What came so far.
    struct Ledger {
        /// When each alert came first, by its number.
        var first: [Int: ContinuousClock.Instant] = [:]
        var requests = 0
        /// Every request's body and when it came, where they are kept.
        var kept: [(at: ContinuousClock.Instant, body: [UInt8])] = []
    }

    /// Where it listens.
    let port: UInt16
    private let server: HTTPServer
    private let book: Book

    /// A receiver.
    ///
    /// - Parameters:
    ///   - pause: the seconds that it takes over every request; it takes one at a time.
    ///   - isKeeping: whether bodies are kept.
    /// - Throws: `HTTPServerError`.
    init(pause: Double = 0, isKeeping: Bool = false) throws {
        let book = Book()
        self.book = book
        server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            methods: ["POST"],
            log: Log(threshold: .error)
        ) { request in
            if isKeeping { book.keep(Array(request.body)) }
            let text = String(decoding: request.body, as: UTF8.self)
            book.enter(text.firstMatch(of: /bench-(\d+)/).flatMap { Int($0.1) })
            if pause > 0 { Thread.sleep(forTimeInterval: pause) }
            return HTTPResponse(status: 204)
        }
        port = server.port
    }

    /// What came so far.
    var ledger: Ledger { book.ledger }

    /// Stops listening.
    func stop() { server.stop() }

    private final class Book: Sendable {
        private let state = Locked(Ledger())

        var ledger: Ledger { state.withLock { $0 } }

        func keep(_ body: [UInt8]) { state.withLock { $0.kept.append((.now, body)) } }

        func enter(_ number: Int?) {
            state.withLock { ledger in
                ledger.requests += 1
                if let number, ledger.first[number] == nil { ledger.first[number] = .now }
            }
        }
    }
}
