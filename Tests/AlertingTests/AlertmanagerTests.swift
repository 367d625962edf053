import Domain
import Foundation
import HTTPServer
import RiskdTesting
import Testing

@testable import Alerting

/// Against Debian's Alertmanager, on loopback and without a cluster.
@Suite(.timeLimit(.minutes(2))) struct AlertmanagerTests {
    private struct Server {
        let port: UInt16
        let program: SpawnedProgram
        let directory: Directory

        /// - Parameter hook: the port of a receiver that it tells of each alert by itself.
        /// - Throws: what keeps it from starting.
        init(hook: UInt16? = nil) throws {
            directory = try Directory()
            port = freePort()
            var text =
                "route:\n  receiver: one\n  group_by: ['...']\n  group_wait: 0s\n  group_interval: 1s\n"
            text += "receivers:\n  - name: one\n"
            if let hook { text += "    webhook_configs:\n      - url: http://127.0.0.1:\(hook)/\n" }
            let file = try directory.write("alertmanager.yml", text)
            program = try SpawnedProgram(
                [
                    "prometheus-alertmanager", "--config.file=\(file)",
                    "--storage.path=\(directory.path)/data", "--cluster.listen-address=",
                    "--web.listen-address=127.0.0.1:\(port)",
                ],
                output: "\(directory.path)/out",
                errors: "\(directory.path)/err"
            )
        }

        func alerts() -> [[String: Any]] {
            let body = Probe.get("/api/v2/alerts", port: port, version: "1.0")?.body ?? ""
            return (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]]) ?? []
        }
    }

    @Test func `an Alertmanager takes what is pushed, and forgets what is over`() async throws {
        let server = try Server()
        defer { server.program.wait(after: SIGKILL) }
        try await eventually { Probe.get("/-/ready", port: server.port)?.status == 200 }
        var endpoint = Delivering.endpoint("am", server.port, .alertmanagerPush)
        endpoint.target = .url("http://127.0.0.1:\(server.port)/api/v2/alerts")
        let site = try Delivering()
        try await site.run([endpoint]) {
            for (number, text) in Examples.hostile.enumerated() where !text.isEmpty {
                var alert = try Examples.alert(user: text)
                alert.startsAt = Delivering.now
                alert.dedupKey = "key-\(number)"
                await site.put(try self.message(number, alert), to: "am")
            }
            try await site.settled()
            #expect(await site.outbox.attempts.map(\.outcome).allSatisfy { $0 == .delivered })
            let alerts = server.alerts()
            #expect(alerts.count == Examples.hostile.count - 1)
            let labels = alerts.compactMap { $0["labels"] as? [String: String] }
            #expect(labels.contains { $0["entity"] == "<!channel> <@U123> <https://evil.example|click>" })
            #expect(
                labels.allSatisfy { $0["alertname"] == "RiskdUserRiskHigh" && $0["severity"] == "critical" }
            )

            // One of them ends: its level has fallen.
            var over = try Examples.alert(user: Examples.hostile[0])
            over.startsAt = Delivering.now - .seconds(60)
            over.level = .info
            over.previousLevel = .high
            over.endsAt = Delivering.now
            over.updatedAt = Delivering.now
            over.dedupKey = "riskd/user/a/model/b/high"
            await site.put(try self.message(100, over), to: "am")
            try await eventually { server.alerts().count == Examples.hostile.count - 2 }
        }
        await #expect(site.outbox.attempts.map(\.status).allSatisfy { $0 == 200 })
    }

    /// Ends of what nobody was told of, under the label of a level that never fired, are no news to an Alertmanager; and
    /// an end is one at once, also where event time is ahead of the clock.
    @Test func `an Alertmanager tells of what fired, and of its end, once each`() async throws {
        let told = try ReceiverStub()
        defer { told.stop() }
        let server = try Server(hook: told.port)
        defer { server.program.wait(after: SIGKILL) }
        try await eventually { Probe.get("/-/ready", port: server.port)?.status == 200 }
        var endpoint = Delivering.endpoint("am", server.port, .alertmanagerPush)
        endpoint.target = .url("http://127.0.0.1:\(server.port)/api/v2/alerts")
        let route = try EndpointRoute(endpoint, Delivering().surroundings)
        func push(_ alert: AlertSnapshot) async throws {
            #expect(await route.attempt(try message(1, alert), at: Delivering.now).outcome == .delivered)
        }
        func statuses() throws -> [String] {
            try told.requests.map { request in
                let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
                let alerts = try #require(body?["alerts"] as? [[String: Any]])
                return try alerts.map { alert in
                    let labels = try #require(alert["labels"] as? [String: String])
                    return "\(labels["level"] ?? "") \(alert["status"] ?? "")"
                }.joined(separator: ", ")
            }
        }
        // It has been critical and fell to high before anybody was told.
        var alert = try Examples.alert()
        alert.peakLevel = .critical
        alert.startsAt = Delivering.now + .seconds(20)
        alert.updatedAt = alert.startsAt
        try await push(alert)
        try await eventually { told.requests.count == 1 }
        alert.state = .resolved
        alert.previousLevel = .high
        alert.level = .low
        alert.endsAt = Delivering.now + .seconds(30)
        try await push(alert)
        try await eventually { told.requests.count == 2 }
        try await push(alert)
        // Two more turns of its groups.
        try await Task.sleep(for: .milliseconds(2500))
        #expect(try statuses() == ["high firing", "high resolved"])
    }

    /// The fingerprint that riskd computes is the one that Alertmanager does.
    @Test func `the fingerprint is Alertmanager's`() async throws {
        let server = try Server()
        defer { server.program.wait(after: SIGKILL) }
        try await eventually { Probe.get("/-/ready", port: server.port)?.status == 200 }
        var endpoint = Delivering.endpoint("am", server.port, .alertmanagerPush)
        endpoint.target = .url("http://127.0.0.1:\(server.port)/api/v2/alerts")
        let site = try Delivering()
        var alert = try Examples.alert()
        alert.startsAt = Delivering.now
        let route = try EndpointRoute(endpoint, site.surroundings)
        #expect(await route.attempt(try message(1, alert), at: Delivering.now).outcome == .delivered)
        let fingerprint = PrometheusAlert(alert, alert.level, nil, Examples.context).fingerprint
        #expect(server.alerts().compactMap { $0["fingerprint"] as? String } == [fingerprint])
    }

    private func message(_ number: Int, _ alert: AlertSnapshot) throws -> Message {
        Message(
            id: MessageID(
                ULID(time: Timestamp(milliseconds: Int64(number)), digest: Array("\(number)          ".utf8))
            ),
            type: alert.isFiring ? .alertFiring : .alertResolved,
            timestamp: Delivering.now,
            dedupKey: alert.dedupKey,
            alerts: [alert]
        )
    }
}
