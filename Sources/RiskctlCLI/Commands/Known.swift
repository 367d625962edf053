import Console
import Domain
import Foundation
import Runtime

/// What shells complete with: names and ids that riskd knows, as far as it answers quickly.
enum Known {
    @Sendable static func models(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["entities"], ["kind": "model", "limit": "1000"]) { $0["name"].string }
    }

    @Sendable static func users(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["entities"], ["kind": "user", "limit": "1000"]) { $0["name"].string }
    }

    @Sendable static func campaigns(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["entities"], ["kind": "campaign", "limit": "1000"]) { $0["name"].string }
    }

    @Sendable static func entities(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["entities"], ["limit": "1000"]) { $0["entity"].string }
    }

    @Sendable static func alerts(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["alerts"], ["state": "all", "sort": "newest", "limit": "1000"]) {
            $0["alert"].string
        }
    }

    @Sendable static func silences(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["silences"], ["limit": "1000"]) { $0["silence"].asText }
    }

    @Sendable static func datasets(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["audit", "datasets"], [:]) { $0["name"].string }
    }

    @Sendable static func endpoints(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["endpoints"], [:]) { $0["name"].string }
    }

    @Sendable static func calibrations(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["calibrations"], [:]) { $0["calibration"].string }
    }

    @Sendable static func tokens(_ invocation: Invocation) async -> [String] {
        await items(invocation, ["tokens"], [:]) { $0["active"].bool == true ? $0["name"].string : nil }
    }

    private static func items(
        _ invocation: Invocation,
        _ path: [String],
        _ query: Query,
        _ name: (JSONValue) -> String?
    ) async -> [String] {
        guard
            let client = try? RiskdClient(
                Connection(invocation, environment: ProcessInfo.processInfo.environment).hurried,
                note: { _ in }
            ), let answer = try? await client.get(path, query)
        else { return [] }
        return answer["items"].elements.compactMap(name)
    }
}

extension Connection {
    /// The same for somebody who waits for a key to do something.
    fileprivate var hurried: Connection {
        Connection(
            url: url,
            socket: socket,
            role: role,
            token: token,
            authorities: authorities,
            timeout: min(timeout, .seconds(2))
        )
    }
}
