package import HTTPServer
import Runtime

/// An HTTP receiver on loopback that keeps what it got and answers as a test says.
package final class ReceiverStub: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let server: HTTPServer
    private let ledger: Ledger

    /// A receiver, of `POST` and answering 204 unless told otherwise.
    ///
    /// - Parameters:
    ///   - address: a loopback address.
    ///   - port: 0 for any free one.
    ///   - methods: what it takes.
    ///   - answer: what is answered to a request; its second argument counts requests from 1 on. It runs on the
    ///     receiver's only thread: one that waits makes a slow receiver.
    /// - Throws: `HTTPServerError`.
    package init(
        address: String = "127.0.0.1",
        port: UInt16 = 0,
        methods: [String] = ["POST"],
        answer: @escaping @Sendable (HTTPRequest, Int) -> HTTPResponse = { _, _ in HTTPResponse(status: 204) }
    ) throws {
        let ledger = Ledger()
        self.ledger = ledger
        server = try HTTPServer(
            address: address,
            port: port,
            methods: methods,
            log: Log(threshold: .error)
        ) { request in
            answer(request, ledger.append(request))
        }
        self.port = server.port
    }

    /// What came so far, in order.
    package var requests: [HTTPRequest] { ledger.requests }

    /// Stops listening; connections are closed.
    package func stop() { server.stop() }

    private final class Ledger: Sendable {
        private let received = Locked<[HTTPRequest]>([])

        var requests: [HTTPRequest] { received.withLock { $0 } }

        func append(_ request: HTTPRequest) -> Int {
            received.withLock { received in
                received.append(request)
                return received.count
            }
        }
    }
}
