package import Crypto
package import Domain

/// Signs messages as the Standard Webhooks specification says (version 1.0.0, "symmetric" and "asymmetric").
///
/// What is signed is `id.timestamp.body`, so neither an id nor a timestamp may hold a dot; riskd's do not.
package struct WebhookSigner: Sendable {
    private enum Key: Sendable {
        case hmac([UInt8])
        case ed25519(Ed25519PrivateKey)
    }

    private let keys: [Key]

    /// A signer.
    ///
    /// - Parameters:
    ///   - signing: how.
    ///   - secrets: `whsec_` or `whsk_` followed by base64; during a rotation the new one and the old one.
    /// - Throws: `SecretError.malformed`, which does not show the secret.
    package init(_ signing: Endpoint.Signing, secrets: [Secret]) throws(SecretError) {
        var keys: [Key] = []
        for secret in secrets {
            switch signing {
            case .hmac: keys.append(.hmac(try Self.symmetricKey(secret)))
            case .ed25519: keys.append(.ed25519(try Self.privateKey(secret)))
            case .none: break
            }
        }
        if signing != .none, keys.isEmpty { throw .missing(purpose: "signing messages") }
        self.keys = keys
    }

    private static func symmetricKey(_ secret: Secret) throws(SecretError) -> [UInt8] {
        guard let text = secret.value.suffix(after: "whsec_"), let key = bytes(base64: text),
            (24...64).contains(key.count)
        else {
            throw .malformed(source: secret.source, expected: "whsec_ and 24 to 64 random bytes in base64")
        }
        return key
    }

    private static func privateKey(_ secret: Secret) throws(SecretError) -> Ed25519PrivateKey {
        let error = SecretError.malformed(
            source: secret.source,
            expected: "whsk_ and an Ed25519 private key in base64: its 32-byte seed, or seed and public key"
        )
        guard let text = secret.value.suffix(after: "whsk_"), let raw = bytes(base64: text),
            raw.count == 32 || raw.count == 64
        else { throw error }
        guard let key = try? Ed25519PrivateKey(seed: Array(raw.prefix(32))), let known = try? key.publicKey(),
            raw.count == 32 || known == Array(raw.suffix(32))
        else { throw error }
        return key
    }

    /// The value of the `webhook-signature` header: one signature a key, separated by blanks; nil when nothing is signed.
    ///
    /// - Parameters:
    ///   - id: the `webhook-id` header, without dots.
    ///   - timestamp: the `webhook-timestamp` header: seconds since 1970.
    ///   - body: the bytes that are sent.
    /// - Returns: such as `v1,base64 v1,base64`.
    /// - Throws: `CryptoError`.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) throws(CryptoError) -> String? {
        let content = Array("\(id).\(timestamp).".utf8) + body
        var signatures: [String] = []
        for key in keys {
            switch key {
            case .hmac(let key): signatures.append("v1," + base64(try hmacSHA256(content, key: key)))
            case .ed25519(let key): signatures.append("v1a," + base64(try key.sign(content)))
            }
        }
        return signatures.isEmpty ? nil : signatures.joined(separator: " ")
    }
}

extension String {
    fileprivate func suffix(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
