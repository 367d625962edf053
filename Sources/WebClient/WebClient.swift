internal import CCurl
@preconcurrency internal import Dispatch
internal import Runtime

/// Sends requests, many at once, on one thread of its own; connections are kept for the next request.
package final class WebClient: Sendable {
    /// Answers a host's name with addresses; nil leaves it to the system.
    package typealias Resolver = @Sendable (_ host: String) -> [IPAddress]?

    private let loop: TransferLoop
    private let resolver: Resolver?

    /// A client with no connections.
    ///
    /// - Parameters:
    ///   - connections: how many idle connections are kept.
    ///   - resolver: answers names instead of the system; what it says is checked like anything else.
    /// - Throws: `WebError.broken` when there is no memory.
    package init(connections: Int = 64, resolver: Resolver? = nil) throws(WebError) {
        loop = try TransferLoop(connections: connections)
        self.resolver = resolver
        DispatchQueue(label: "riskd.web").async { [loop] in loop.run() }
    }

    deinit { loop.close() }

    /// Ends the client: requests on their way throw `cancelled`, and so do later ones.
    package func close() { loop.close() }

    /// Sends a request and waits for the answer, whatever its status; redirects are answers.
    ///
    /// - Parameter request: the request.
    /// - Returns: the answer.
    /// - Throws: `WebError`; `cancelled` when the task is.
    package func send(_ request: WebRequest) async throws(WebError) -> WebResponse {
        let addresses = resolver.flatMap { $0(request.url.host) }
        let id = loop.makeID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do throws(WebError) {
                    let transfer = try Transfer(request, addresses: addresses, continuation: continuation)
                    loop.submit(transfer, id)
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }
}
