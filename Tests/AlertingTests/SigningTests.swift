import Crypto
import Domain
import Testing

@testable import Alerting

@Suite struct SigningTests {
    private let first = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", source: "first")
    private let second = Secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", source: "second")

    /// The example of the Standard Webhooks specification.
    @Test func `HMAC agrees with the specification's example`() throws {
        let signer = try WebhookSigner(.hmac, secrets: [first])
        let body = Array(#"{"test": 2432232314}"#.utf8)
        let signature = try signer.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: body
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `during a rotation there are two signatures, the new secret's first`() throws {
        let body = Array("{}".utf8)
        let both = try WebhookSigner(.hmac, secrets: [second, first])
        let alone = try [second, first].map {
            try WebhookSigner(.hmac, secrets: [$0]).signature(id: "msg_1", timestamp: 17, body: body)
        }
        #expect(
            try both.signature(id: "msg_1", timestamp: 17, body: body)
                == alone.compactMap { $0 }.joined(separator: " ")
        )
        #expect(alone[0] != alone[1])
    }

    @Test func `Ed25519 signs the same content, with a seed or with seed and public key`() throws {
        let seed = [UInt8](0..<32)
        let key = try Ed25519PrivateKey(seed: seed)
        let publicKey = try key.publicKey()
        for raw in [seed, seed + publicKey] {
            let signer = try WebhookSigner(.ed25519, secrets: [Secret("whsk_" + base64(raw), source: "key")])
            let signature = try signer.signature(id: "msg_1", timestamp: 17, body: Array("{}".utf8))
            let text = try #require(signature)
            #expect(text.hasPrefix("v1a,"))
            let decoded = try #require(bytes(base64: String(text.dropFirst(4))))
            #expect(isEd25519Signature(decoded, of: Array("msg_1.17.{}".utf8), by: publicKey))
        }
    }

    @Test(arguments: [
        (Endpoint.Signing.hmac, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), (.hmac, "whsec_"), (.hmac, "whsec_AAEC"),
        (.hmac, "whsec_!!!"), (.hmac, "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (.hmac, "whsec_" + String(repeating: "A", count: 88)),
        (.ed25519, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), (.ed25519, "whsk_AAEC"),
        (.ed25519, "whsk_" + String(repeating: "A", count: 86) + "=="),
    ])
    func `a secret of another form is refused and not shown`(signing: Endpoint.Signing, text: String) throws {
        let error = #expect(throws: SecretError.self) {
            try WebhookSigner(signing, secrets: [Secret(text, source: "/etc/riskd/hook")])
        }
        let description = try #require(error?.description)
        #expect(description.contains("/etc/riskd/hook"))
        #expect(text.count < 8 || !description.contains(text.dropFirst(6)))
    }

    @Test func `signing without a secret is refused, no signing needs none`() throws {
        #expect(throws: SecretError.missing(purpose: "signing messages")) {
            try WebhookSigner(.hmac, secrets: [])
        }
        #expect(try WebhookSigner(.none, secrets: []).signature(id: "m", timestamp: 1, body: []) == nil)
    }
}
