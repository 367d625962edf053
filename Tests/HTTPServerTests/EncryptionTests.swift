import Foundation
import HTTPServer
import RiskdTesting
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct EncryptionTests {
    @Test func `a server with an identity speaks TLS 1.2 and 1.3, and nothing older or plain`() throws {
        let directory = TestCluster.temporaryDirectory("tls")
        defer { removeTemporaryDirectory(directory) }
        let certificates = try TestCertificates(in: directory)
        let server = try HTTPServer(
            address: "127.0.0.1",
            port: 0,
            identity: HTTPServer.Identity(
                certificate: try String(contentsOfFile: certificates.server, encoding: .utf8),
                key: try String(contentsOfFile: certificates.serverKey, encoding: .utf8)
            ),
            log: Log(threshold: .error) { _ in }
        ) { request, reply in reply.send(.text("hello \(request.path)")) }
        func curl(_ options: String...) throws -> String {
            let bytes = try SpawnedProgram.output(
                of: ["curl", "-s", "-m", "10", "--cacert", certificates.authority] + options
                    + ["https://127.0.0.1:\(server.port)/x"]
            )
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try curl("--tlsv1.3") == "hello /x")
        #expect(try curl("--tls-max", "1.2") == "hello /x")
        #expect(throws: (any Error).self) { try curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0") }
        #expect(Probe.get("/x", port: server.port)?.body != "hello /x")
    }

    @Test func `a certificate without its key does not start`() throws {
        #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(
                address: "127.0.0.1",
                port: 0,
                identity: HTTPServer.Identity(certificate: "no certificate", key: "no key"),
                log: Log(threshold: .error) { _ in }
            ) { _, reply in reply.send(.notFound) }
        }
    }
}
