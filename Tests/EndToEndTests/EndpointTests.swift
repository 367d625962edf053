import Foundation
import HTTPServer
import RiskdTesting
import Runtime
import Testing

extension RecordedTests {
    /// Endpoints as their admin sees them: checked, tested, and given other secrets.
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct EndpointTests {
        private let sandbox: Sandbox
        private let receiver: ReceiverStub
        private let isOpen = StopFlag()

        init() async throws {
            sandbox = try await Sandbox()
            receiver = try ReceiverStub { [isOpen] _, _ in HTTPResponse(status: isOpen.isRaised ? 204 : 500) }
            try write("secret", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
            try configure("")
            sandbox.configuration = sandbox.path("riskd.yaml")
        }

        private func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
            try Data("\(text)\n".utf8).write(to: URL(filePath: sandbox.path(name)))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: sandbox.path(name))
        }

        /// One endpoint that works, and others.
        private func configure(_ others: String) throws {
            let port = receiver.port
            let text = """
                ingest: {paths: [\(sandbox.path())]}
                alerting:
                  endpoints:
                    - {name: soc, url: 'http://127.0.0.1:\(port)/T0KEN', secrets: [\(sandbox.path("secret"))],
                       allow_http: true, allow_networks: [127.0.0.1/32], allow_ports: [\(port)]}
                \(others)

                """
            try Data(text.utf8).write(to: URL(filePath: sandbox.path("riskd.yaml")))
        }

        @Test func `check says of each endpoint what is wrong with it, and of none a secret`() async throws {
            try write("open", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", mode: 0o644)
            try write("ca.pem", "no certificate")
            try write("template", "{\"a\": {{title}}")
            try configure(
                """
                    - {name: open, url: 'https://example.org/', secrets: [\(sandbox.path("open"))]}
                    - {name: none, url: 'https://example.org/', secrets: [\(sandbox.path("nowhere"))]}
                    - {name: inside, url: 'https://10.0.0.1/', signing: none}
                    - {name: port, url: 'https://example.org:8080/', signing: none}
                    - {name: tls, url: 'https://example.org/', signing: none, trusted_certificates: \(sandbox.path("ca.pem"))}
                    - {name: text, url: 'https://example.org/', format: template, template: \(sandbox.path("template"))}
                    - {name: well, url: 'https://example.org/', format: slack}
                """
            )
            let result = try await sandbox.run(["check"])
            #expect(result.code == 1)
            let lines = result.output.split(separator: "\n")
            for (name, verdict, text) in [
                ("soc", "ok", "signed with hmac"), ("soc", "warning", "not encrypted"),
                ("open", "failed", "can be read by others (mode 644)"), ("none", "failed", "No such file"),
                ("inside", "failed", "10.0.0.1 is not public"), ("port", "failed", "port 8080"),
                ("tls", "failed", "holds no certificate"), ("text", "failed", "template"),
                ("well", "ok", "slack to https://example.org"),
            ] {
                let found = lines.contains { line in
                    line.hasPrefix(verdict) && line.contains("endpoint \(name):") && line.contains(text)
                }
                #expect(found, "\(name) \(verdict): \(result.output)")
            }
            #expect(!result.output.contains("T0KEN") && !result.output.contains("AAECAwQF"))

            try configure("")
            #expect(try await sandbox.run(["check"]).code == 0)
            #expect(receiver.requests.isEmpty)
            let refused = try await sandbox.run(["check", "--online"])
            #expect(
                refused.code == 1 && refused.output.contains("failed with status 500"),
                "\(refused.output)"
            )
            isOpen.raise()
            let taken = try await sandbox.run(["check", "--online"])
            #expect(taken.code == 0 && taken.output.contains("delivered with status 204"), "\(taken.output)")
            #expect(
                receiver.requests.allSatisfy { $0.headers["webhook-signature"]?.hasPrefix("v1,") == true }
            )
        }

        @Test func `a new endpoint waits for its test; a secret is exchanged while riskd runs`() async throws
        {
            let daemon = try await sandbox.startReading()
            func isVerified() async throws -> Bool? {
                let list = try await sandbox.mustRiskctl(["endpoint", "list", "-o", "json"]).output
                let rows = try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]]
                return rows?.first?["verified"] as? Bool
            }
            try await eventually("the test is refused", { daemon.errors }) { receiver.requests.count == 1 }
            #expect(try await isVerified() == false)
            // Somebody puts the receiver right, and does not want to wait.
            isOpen.raise()
            try await sandbox.mustRiskctl(["endpoint", "test", "soc"])
            #expect(try await isVerified() == true)

            let rotated = try await sandbox.succeed([
                "rotate-secret", "soc", "--overlap", "1h", "--as", "ada",
            ])
            let secret = try String(contentsOfFile: sandbox.path("secret"), encoding: .utf8)
            #expect(!rotated.output.contains(secret.prefix(20)) && !secret.contains("AAECAwQF"))
            let again = try await sandbox.run(["rotate-secret", "soc"])
            #expect(again.code == 1 && again.errors.contains("goes on until"), "\(again.errors)")
            // The daemon was told nothing, and signs with both.
            let before = receiver.requests.count
            try await sandbox.execute(
                "update riskd.outbox set state = 'pending', due = now() where type = 'endpoint.test'"
            )
            try await eventually("the outbox is read again", { daemon.errors }) {
                receiver.requests.count > before
            }
            #expect(receiver.requests.last?.headers["webhook-signature"]?.split(separator: " ").count == 2)
            try await sandbox.succeed(["rotate-secret", "soc", "--finish", "--as", "ada"])
            try await sandbox.mustRiskctl(["endpoint", "test", "soc"])
            #expect(receiver.requests.last?.headers["webhook-signature"]?.split(separator: " ").count == 1)
            let noted = try await sandbox.texts(
                "select actor || ' ' || what || ' ' || object from riskd.audit_log where what = 'endpoint.rotate'"
            )
            #expect(noted == ["ada endpoint.rotate soc", "ada endpoint.rotate soc"])
            #expect(!daemon.errors.contains("T0KEN"))
            #expect(try await daemon.terminate().code == 0)
        }
    }
}
