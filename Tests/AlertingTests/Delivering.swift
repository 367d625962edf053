import Domain
import Foundation
import Runtime
import Testing
import WebClient

@testable import Alerting

/// An engine that runs for as long as a test's body does, over an outbox in memory.
struct Delivering: Sendable {
    let outbox = MemoryOutbox()
    let signal = DeliverySignal()
    let lines = Lines()
    let metrics = Metrics()
    let surroundings: EndpointRoute.Surroundings

    final class Lines: Sendable {
        private let lines = Locked<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    init(secrets: SecretReader = SecretReader(credentials: nil)) throws {
        surroundings = EndpointRoute.Surroundings(
            client: try WebClient(),
            secrets: secrets,
            allowedNetworks: ["127.0.0.1/32"].compactMap { AddressRange($0) },
            context: Examples.context
        )
    }

    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    static func endpoint(_ name: String, _ port: UInt16, _ format: EndpointFormat = .native) -> Endpoint {
        var endpoint = Endpoint(name: name, format: format, target: .url("http://127.0.0.1:\(port)/hook"))
        endpoint.allowsPlainHTTP = true
        endpoint.allowedPorts = [port]
        return endpoint
    }

    static func message(_ number: Int, key: String? = nil) throws -> Message {
        var alert = try Examples.alert(user: "user-\(number)")
        alert.dedupKey = key ?? "key-\(number)"
        return Message(
            id: MessageID(
                ULID(time: Timestamp(milliseconds: Int64(number)), digest: Array("\(number)          ".utf8))
            ),
            type: .alertFiring,
            timestamp: Examples.time("2026-09-01T10:15:40Z"),
            dedupKey: alert.dedupKey,
            alerts: [alert]
        )
    }

    func put(_ message: Message, to endpoints: String...) async {
        for endpoint in endpoints { await outbox.put(message, to: endpoint, at: Self.now) }
        signal.send()
    }

    func run(
        _ endpoints: [Endpoint],
        schedule: RetrySchedule = RetrySchedule(waits: [.milliseconds(50), .milliseconds(100)]),
        template: String? = nil,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let engine = DeliveryEngine(
            routes: try endpoints.map { try EndpointRoute($0, surroundings, template: template) },
            queue: { [outbox] _ in outbox.queue },
            schedule: schedule,
            signal: signal,
            log: Log(threshold: .debug) { [lines] in lines.add($0) },
            metrics: metrics,
            now: { Self.now },
            wall: { Self.now }
        )
        let stop = StopFlag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await engine.run(until: stop) }
            do { try await body() } catch {
                stop.raise()
                throw error
            }
            stop.raise()
            try await group.waitForAll()
        }
    }

    func settled(_ endpoint: String? = nil) async throws {
        try await eventually { await outbox.pending(at: endpoint) == 0 }
    }
}

/// Waits until a condition holds; fails after a minute.
func eventually(
    _ condition: () async throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    for _ in 0..<6000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it never happened", sourceLocation: sourceLocation)
}
