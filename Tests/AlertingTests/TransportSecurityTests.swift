import Domain
import Foundation
import RiskdTesting
import Testing

@testable import Alerting

/// HTTPS, with a server of Python's that demands a certificate of its client.
@Suite(.timeLimit(.minutes(10))) struct TransportSecurityTests {
    private static let script = """
        import http.server, ssl, sys
        certificate, key, authority, needs, minimum = sys.argv[1:]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                subject = (self.connection.getpeercert() or {}).get("subject", ())
                print("got", self.connection.version(), subject, flush=True)
                self.send_response(200)
                self.end_headers()
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if minimum == "old":
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED if needs == "client" else ssl.CERT_NONE
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    private final class Server {
        let directory: Directory
        let certificates: TestCertificates
        let program: SpawnedProgram

        init(needs: String, version: String = "new") throws {
            directory = try Directory()
            certificates = try TestCertificates(in: directory.path)
            program = try SpawnedProgram(
                [
                    "python3", try directory.write("server.py", TransportSecurityTests.script),
                    certificates.server, certificates.serverKey, certificates.authority, needs, version,
                ],
                output: "\(directory.path)/out",
                errors: "\(directory.path)/err"
            )
        }

        var output: String { (try? String(contentsOfFile: "\(directory.path)/out", encoding: .utf8)) ?? "" }

        func endpoint(host: String = "127.0.0.1") async throws -> Endpoint {
            try await eventually { self.output.contains("\n") }
            let port = try #require(UInt16(output.prefix { $0 != "\n" }))
            var endpoint = Delivering.endpoint("tls", port)
            endpoint.target = .url("https://\(host):\(port)/hook")
            endpoint.allowsPlainHTTP = false
            endpoint.trustedCertificates = certificates.authority
            return endpoint
        }
    }

    private func attempt(_ endpoint: Endpoint) async throws -> Receipt {
        let route = try EndpointRoute(endpoint, Delivering().surroundings)
        return await route.attempt(
            try Examples.message(.alertFiring, [Examples.alert()]),
            at: Delivering.now
        )
    }

    @Test func `our certificate is shown to a receiver that demands one`() async throws {
        let server = try Server(needs: "client")
        defer { server.program.wait(after: SIGKILL) }
        var endpoint = try await server.endpoint()
        #expect(try await attempt(endpoint).outcome == .failed)
        endpoint.clientCertificate = .init(
            file: server.certificates.client,
            key: .file(server.certificates.clientKey)
        )
        #expect(try await attempt(endpoint) == Receipt(.delivered, status: 200))
        #expect(server.output.contains("TLSv1.3") && server.output.contains("test-client"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644],
            ofItemAtPath: server.certificates.clientKey
        )
        await #expect(throws: RouteError.self) { try await attempt(endpoint) }
    }

    @Test func `a receiver that the authority or the name does not vouch for is refused`() async throws {
        let server = try Server(needs: "nothing")
        defer { server.program.wait(after: SIGKILL) }
        let endpoint = try await server.endpoint()
        #expect(try await attempt(endpoint).outcome == .delivered)
        #expect(try await attempt(server.endpoint(host: "localhost")).outcome == .delivered)
        var stranger = endpoint
        stranger.trustedCertificates = nil
        let receipt = try await attempt(stranger)
        #expect(receipt.outcome == .failed)
        #expect(receipt.detail.hasPrefix("TLS with 127.0.0.1:"), "\(receipt.detail)")
    }

    @Test func `TLS before 1.2 is refused`() async throws {
        let server = try Server(needs: "nothing", version: "old")
        defer { server.program.wait(after: SIGKILL) }
        let receipt = try await attempt(try await server.endpoint())
        #expect(receipt.outcome == .failed)
        #expect(receipt.detail.hasPrefix("TLS with 127.0.0.1:"), "\(receipt.detail)")
    }
}
