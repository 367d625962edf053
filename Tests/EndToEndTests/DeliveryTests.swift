import Foundation
import HTTPServer
import RiskdTesting
import Runtime
import Testing

/// How often riskd is killed in the middle of deliveries; `make test-crash` asks for 100.
let killsOfDelivery = ProcessInfo.processInfo.environment["RISKD_KILLS"].flatMap { Int($0) } ?? 8

extension LiveTests {
    /// Messages over kills of riskd and losses of its database: what a receiver got is what the outbox says.
    @Suite(.serialized)
    struct DeliveryTests {
        /// A receiver that takes some time, and refuses every seventh message when it sees it first.
        private func receiver() throws -> ReceiverStub {
            let seen = Locked<Set<String>>([])
            return try ReceiverStub { request, _ in
                Thread.sleep(forTimeInterval: 0.01)
                guard let id = request.headers["webhook-id"] else { return HTTPResponse(status: 400) }
                let count = seen.withLock { seen in
                    seen.insert(id).inserted ? seen.count : 0
                }
                return HTTPResponse(status: count % 7 == 1 ? 503 : 204)
            }
        }

        private func configure(_ sandbox: Sandbox, _ port: UInt16) throws {
            let secret = sandbox.path("secret")
            try sandbox.append("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", to: "secret")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
            try sandbox.append(
                """
                alerting:
                  minimum_level: low
                  inhibit: []
                  endpoints:
                    - name: soc
                      url: "http://127.0.0.1:\(port)/hook"
                      secrets: ["\(secret)"]
                      minimum_level: low
                      types: [alert.firing, alert.updated, alert.resolved, risk.level.changed]
                      group_interval: 1s
                      allow_http: true
                      allow_networks: [127.0.0.1/32]
                      allow_ports: [\(port)]

                """,
                to: "riskd.yaml"
            )
            sandbox.configuration = sandbox.path("riskd.yaml")
        }

        @Test func `who drops repeated ids sees every message once, over kills and a database that stops`()
            async throws
        {
            let cluster = OwnCluster()
            do {
                try await tellOverKills(cluster)
            } catch {
                await cluster.remove()
                throw error
            }
            await cluster.remove()
        }

        private func tellOverKills(_ cluster: OwnCluster) async throws {
            let receiver = try receiver()
            defer { receiver.stop() }
            let sandbox = try await Sandbox(database: try await cluster.start())
            try configure(sandbox, receiver.port)
            sandbox.settings += ["batch.records=\(max(1, 80 / killsOfDelivery))", "scoring.lateness=2s"]
            try await sandbox.succeed([
                "calibrate", "build", "--log", Fashion.path("fashion-calibration.ndjson.xz"),
            ])
            // All at once: in a pause the clock would close the ticks of what comes after it.
            let lines = try Fashion.recentTrace()
            try sandbox.append(lines.joined())
            var whileDelivering = 0
            for kill in 1...killsOfDelivery {
                let daemon = try sandbox.start()
                if kill % 4 != 0 { try await sandbox.isReading(daemon) }
                if kill % 4 == 2 {
                    // The database goes and comes back in the middle of it.
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...600)))
                    await sandbox.disconnect()
                    await cluster.stop()
                    try await Task.sleep(for: .milliseconds(300))
                    #expect(daemon.isRunning, "\(daemon.errors)")
                    try await cluster.start()
                }
                let before = receiver.requests.count
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...700)))
                #expect(daemon.isRunning, "\(daemon.errors)")
                try await daemon.kill()
                if receiver.requests.count > before { whileDelivering += 1 }
            }
            if whileDelivering == 0 {
                // On a busy machine none of the kills may have come between two messages: this one does.
                let daemon = try sandbox.start()
                let before = receiver.requests.count
                try await eventually("a message arrives", within: .seconds(60), { daemon.errors }) {
                    receiver.requests.count > before
                }
                try await daemon.kill()
                if receiver.requests.count > before { whileDelivering += 1 }
            }
            #expect(
                whileDelivering > 0,
                "no kill came while there was something to deliver: the test shows nothing"
            )

            let daemon = try await sandbox.startReading()
            try await sandbox.stores(lines.count, daemon, within: .seconds(120))
            let waiting = "select count(*) from riskd.alert_notice, riskd.router where number > last_notice"
            try await eventually("all notices are routed", { daemon.errors }) {
                try await sandbox.numbers(waiting) == [0]
            }
            let pending = "select count(*) from riskd.outbox where state = 'pending'"
            try await eventually("all messages have arrived", within: .seconds(120), { daemon.errors }) {
                try await sandbox.numbers(pending) == [0]
            }
            #expect(try await daemon.terminate().code == 0)
            try await compareLedgers(receiver.requests, sandbox)
        }

        private func compareLedgers(_ requests: [HTTPRequest], _ sandbox: Sandbox) async throws {
            let byID = Dictionary(grouping: requests) { $0.headers["webhook-id"] ?? "none" }
            let told = try await sandbox.texts("select message_id from riskd.outbox where endpoint = 'soc'")
            let delivered = try await sandbox.numbers(
                "select count(*) from riskd.outbox where state = 'delivered'"
            )
            #expect(delivered == [told.count] && told.count > 50)
            #expect(Set(told).count == told.count)
            #expect(Set(byID.keys) == Set(told), "the receiver knows the outbox's messages and no others")
            // However often it came: always the same, and signed.
            for (id, copies) in byID {
                #expect(Set(copies.map(\.body)).count == 1, "\(id)")
                #expect(copies.allSatisfy { $0.headers["webhook-signature"]?.hasPrefix("v1,") == true })
            }
            let attempts = try await sandbox.numbers("select count(*) from riskd.delivery_attempt")
            let recorded = try #require(attempts.first)
            // The endpoint was new: it refused its test once, and got nothing else before it took that.
            let types = requests.map { request in
                String(decoding: request.body.prefix(40), as: UTF8.self).split(separator: "\"").dropFirst(3)
                    .first
            }
            let tests = types.prefix { $0 == "endpoint.test" }
            #expect(tests.count >= 2 && types.dropFirst(tests.count).allSatisfy { $0 != "endpoint.test" })
            #expect(recorded <= requests.count, "no attempt is recorded that was not made")
            let kills = killsOfDelivery
            print(
                "\(kills) kills: \(told.count) messages in \(requests.count) requests, \(recorded) recorded"
            )
        }
    }
}
