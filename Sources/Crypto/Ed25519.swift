import CCrypto

/// An Ed25519 signing key (RFC 8032).
///
/// `@unchecked Sendable`: libcrypto's key is immutable once made; every operation has a context of its own.
package final class Ed25519PrivateKey: @unchecked Sendable {
    private let raw: OpaquePointer

    /// The key of a 32-byte seed.
    ///
    /// - Parameter seed: 32 secret bytes.
    /// - Throws: `CryptoError.invalidKey`.
    package init(seed: [UInt8]) throws(CryptoError) {
        guard seed.count == 32,
            let raw = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { throw .invalidKey(expected: "the 32-byte seed of an Ed25519 key") }
        self.raw = raw
    }

    deinit { EVP_PKEY_free(raw) }

    /// The public key, 32 bytes.
    ///
    /// - Throws: `CryptoError.failed`.
    package func publicKey() throws(CryptoError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: 32)
        var count = key.count
        guard EVP_PKEY_get_raw_public_key(raw, &key, &count) == 1, count == 32 else {
            throw .failed(operation: "Ed25519 public key")
        }
        return key
    }

    /// The signature of `message`, 64 bytes.
    ///
    /// - Parameter message: any bytes.
    /// - Returns: 64 bytes, the same for the same message.
    /// - Throws: `CryptoError.failed`.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .failed(operation: "Ed25519 signature") }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, raw) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { throw .failed(operation: "Ed25519 signature") }
        return signature
    }
}

/// Whether `signature` is the Ed25519 signature of `message` by the owner of `publicKey`.
///
/// - Parameters:
///   - signature: 64 bytes.
///   - message: what was signed.
///   - publicKey: 32 bytes.
/// - Returns: false also when lengths or the key are wrong.
package func isEd25519Signature(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
    guard publicKey.count == 32, signature.count == 64,
        let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
    else { return false }
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
}
