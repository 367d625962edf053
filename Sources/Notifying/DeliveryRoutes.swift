package import Alerting
package import Configuration
package import Domain
import Foundation
import Glibc
import Pipeline
import WebClient

/// The ways to the configured endpoints.
package enum DeliveryRoutes {
    /// Makes them, and by that finds out what is wrong with secrets, addresses and templates.
    ///
    /// - Parameters:
    ///   - endpoints: as configured.
    ///   - externalURL: what links in messages begin with.
    /// - Returns: each endpoint's route, or why there is none, in the endpoints' order.
    /// - Throws: `WebError` when there can be no client at all.
    package static func make(
        _ endpoints: [Endpoint],
        externalURL: String?
    ) throws -> [(endpoint: Endpoint, route: Result<EndpointRoute, RouteError>)] {
        let surroundings = EndpointRoute.Surroundings(
            client: try WebClient(),
            secrets: .ofProcess,
            context: MessageContext(
                externalURL: externalURL,
                host: ProcessInfo.processInfo.hostName,
                version: riskdVersion,
                process: getpid(),
                now: .now
            )
        )
        return endpoints.map { endpoint in
            let route = Result<EndpointRoute, RouteError> { () throws(RouteError) in
                try EndpointRoute(endpoint, surroundings, template: try template(of: endpoint))
            }
            return (endpoint, route)
        }
    }

    private static func template(of endpoint: Endpoint) throws(RouteError) -> String? {
        guard let path = endpoint.template else { return nil }
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw RouteError(endpoint: endpoint.name, reason: "the template \(path) cannot be read")
        }
    }

    /// Tries an endpoint at once, past the outbox.
    ///
    /// - Parameters:
    ///   - name: a configured endpoint.
    ///   - configuration: checked settings.
    /// - Returns: how that went, and what the endpoint is: one that took it is verified.
    /// - Throws: `StartupError` where there is no such endpoint, `RouteError` where it cannot be used.
    package static func test(
        _ name: String,
        _ configuration: Configuration
    ) async throws -> (receipt: Receipt, identity: String) {
        let settings = AlertSettings(configuration)
        guard let endpoint = settings.endpoints.first(where: { $0.name == name }),
            let made = try make([endpoint], externalURL: settings.externalURL).first
        else { throw StartupError("there is no endpoint \(name)") }
        let now = Timestamp.now
        let route = try made.route.get()
        return (await route.attempt(testMessage(to: name, at: now), at: now), route.identity)
    }

    /// A message that says nothing but that there is a way.
    static func testMessage(to name: String, at now: Timestamp) -> Message {
        let digest = (0..<10).map { _ in UInt8.random(in: 0...255) }
        return Message(
            id: MessageID(ULID(time: now, digest: digest)),
            type: .endpointTest,
            timestamp: now,
            dedupKey: "riskd/endpoint-test/\(name)"
        )
    }
}
