package import HTTPServer
package import Runtime

/// What a service manager, a load balancer and a metrics scraper ask: `/livez`, `/readyz`, `/metrics`.
package struct ProbeRoutes: Sendable {
    /// Why the service is not ready, a sentence each; empty when it is.
    package typealias Readiness = @Sendable () -> [String]

    private let metrics: Metrics
    private let readiness: Readiness
    private let blindness: Readiness

    /// Routes.
    ///
    /// - Parameters:
    ///   - metrics: what `/metrics` renders.
    ///   - blindness: what a service that is ready cannot see all the same, a sentence each.
    ///   - readiness: asked for every `/readyz`.
    package init(
        metrics: Metrics,
        blindness: @escaping Readiness = { [] },
        readiness: @escaping Readiness
    ) {
        self.metrics = metrics
        self.blindness = blindness
        self.readiness = readiness
    }

    /// Answers a request.
    ///
    /// - Parameter request: any request; the server has already refused methods other than GET and HEAD.
    /// - Returns: 200, 503 (not ready) or 404.
    package func respond(to request: HTTPRequest) -> HTTPResponse {
        switch request.path {
        case "/livez": return .text("ok\n")
        case "/readyz":
            let reasons = readiness()
            // A restart or another server would see no more: blindness is told, and no reason to be taken away.
            guard !reasons.isEmpty else {
                return .text("ready\n" + blindness().map { "blind: \(printable($0))\n" }.joined())
            }
            return .text(reasons.map { "not ready: \($0)\n" }.joined(), status: 503)
        case "/metrics":
            return .text(metrics.render(), type: "text/plain; version=0.0.4; charset=utf-8")
        default:
            return .text("not found: riskd serves /livez, /readyz and /metrics here\n", status: 404)
        }
    }
}
