import Crypto
import Domain
import Foundation
import HTTPServer
import RiskdTesting
import Testing

@testable import Alerting

/// Secrets that are exchanged in their files.
@Suite(.timeLimit(.minutes(10))) struct SecretRotationTests {
    private static let first = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private let reader = SecretReader(credentials: nil)
    private let now = Examples.time("2026-09-01T10:15:41.000Z")
    private let directory: Directory
    private let path: String
    private let rotation: SecretRotation

    init() throws {
        directory = try Directory()
        path = try directory.write("soc", Self.first + "\n")
        rotation = SecretRotation(path: path)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `old and new sign until the time is over, the new one alone from then on`() throws {
        let outcome = try rotation.rotate(.hmac, overlap: .seconds(3600), reader, at: now)
        #expect(outcome == .init(overlapsUntil: now + .seconds(3600), publicKey: nil))
        let new = try reader.read(.file(path)).value
        #expect(new != Self.first && new.hasPrefix("whsec_"))
        #expect(bytes(base64: String(new.dropFirst(6)))?.count == 32)
        #expect(try mode(path) == 0o600 && mode(rotation.previousPath) == 0o600)
        func signing(_ seconds: Int) throws -> [String] {
            try reader.signing([.file(path)], at: now + .seconds(seconds)).map(\.value)
        }
        #expect(try signing(0) == [new, Self.first])
        #expect(try signing(3599) == [new, Self.first])
        #expect(try signing(3600) == [new])
        // Only the two files are left.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == [
                "soc", "soc.previous",
            ]
        )
    }

    @Test func `a third secret waits until the exchange is over or ended`() throws {
        _ = try rotation.rotate(.hmac, overlap: .seconds(60), reader, at: now)
        let second = try reader.read(.file(path)).value
        let error = SecretError.overlapping(source: path, until: now + .seconds(60))
        #expect(throws: error) { try rotation.rotate(.hmac, overlap: .zero, reader, at: now + .seconds(59)) }
        #expect(try reader.signing([.file(path)], at: now).map(\.value) == [second, Self.first])
        try rotation.end()
        try rotation.end()
        #expect(try reader.signing([.file(path)], at: now).map(\.value) == [second])
        // One that others know is out of force at once.
        let outcome = try rotation.rotate(.hmac, overlap: .zero, reader, at: now)
        #expect(outcome.overlapsUntil == nil)
        #expect(try reader.signing([.file(path)], at: now).count == 1)
        #expect(try reader.read(.file(path)).value != second)
    }

    @Test func `a secret that the receiver made is taken, one that cannot sign is not`() throws {
        let theirs = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        for text in ["theirs", "whsec_AAEC", Self.first] {
            #expect(throws: SecretError.self) {
                try rotation.rotate(
                    .hmac,
                    to: Secret(text, source: "x"),
                    overlap: .seconds(9),
                    reader,
                    at: now
                )
            }
        }
        #expect(try reader.signing([.file(path)], at: now).map(\.value) == [Self.first])
        _ = try rotation.rotate(.hmac, to: Secret(theirs, source: "x"), overlap: .seconds(9), reader, at: now)
        #expect(try reader.signing([.file(path)], at: now).map(\.value) == [theirs, Self.first])
    }

    @Test func `of an Ed25519 key the public one is told`() throws {
        let path = try directory.write("key", "whsk_" + base64([UInt8](0..<32)))
        let outcome = try SecretRotation(path: path).rotate(.ed25519, overlap: .seconds(9), reader, at: now)
        let key = try #require(outcome.publicKey.flatMap { bytes(base64: String($0.dropFirst(5))) })
        let signer = try WebhookSigner(.ed25519, secrets: reader.signing([.file(path)], at: now))
        let text = try signer.signature(id: "msg_1", timestamp: 17, body: Array("{}".utf8))
        let signatures = try #require(text).split(separator: " ").map { String($0.dropFirst(4)) }
        #expect(signatures.count == 2)
        let signature = try #require(bytes(base64: signatures[0]))
        #expect(isEd25519Signature(signature, of: Array("msg_1.17.{}".utf8), by: key))
    }

    @Test func `what lies beside a secret and is no predecessor is not passed over`() throws {
        for (text, mode) in [
            ("whsec_x", 0o600), ("\(Self.first) until tomorrow", 0o600), ("", 0o600), ("a until b", 0o644),
        ] {
            _ = try directory.write("soc.previous", text, mode: mode)
            #expect(throws: SecretError.self) { try reader.signing([.file(path)], at: now) }
        }
    }

    @Test func `a receiver that knows either secret accepts every message of the exchange`() async throws {
        let receiver = try ReceiverStub()
        defer { receiver.stop() }
        var endpoint = Delivering.endpoint("soc", receiver.port)
        endpoint.signing = .hmac
        endpoint.secrets = [.file(path)]
        let route = try EndpointRoute(endpoint, Delivering().surroundings)
        func send(at time: Timestamp) async throws {
            let message = try Examples.message(.alertFiring, [Examples.alert()])
            #expect(await route.attempt(message, at: time) == Receipt(.delivered, status: 204))
        }
        try await send(at: now)
        _ = try rotation.rotate(.hmac, overlap: .seconds(60), reader, at: now)
        let new = try reader.read(.file(path))
        try await send(at: now + .seconds(1))
        try await send(at: now + .seconds(60))
        let secrets = [Secret(Self.first, source: "old"), new]
        let accepted = try receiver.requests.map { request in
            let seconds = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            let id = try #require(request.headers["webhook-id"])
            let signatures = try #require(request.headers["webhook-signature"]).split(separator: " ").map(
                String.init
            )
            return try secrets.map { secret in
                let signer = try WebhookSigner(.hmac, secrets: [secret])
                let expected = try signer.signature(id: id, timestamp: seconds, body: request.body)
                return signatures.contains(expected ?? "")
            }
        }
        #expect(accepted == [[true, false], [true, true], [false, true]])
    }
}
