import CCrypto

/// The HMAC-SHA-256 (RFC 2104, FIPS 198-1) of `message` under `key`, 32 bytes.
///
/// - Parameters:
///   - message: any bytes.
///   - key: any bytes; none is a key of zeros.
/// - Returns: 32 bytes.
/// - Throws: `CryptoError.failed`.
package func hmacSHA256(_ message: [UInt8], key: [UInt8]) throws(CryptoError) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    var count: UInt32 = 0
    // A null key would mean "the key of the last call".
    let key = key.isEmpty ? [0] : key
    guard HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &code, &count) != nil,
        Int(count) == code.count
    else { throw .failed(operation: "HMAC-SHA-256") }
    return code
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Bytes from the system's cryptographic generator.
///
/// - Parameter count: how many, at least 0.
/// - Returns: the bytes.
/// - Throws: `CryptoError.noRandomness`.
package func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard count == 0 || RAND_bytes(&bytes, Int32(clamping: count)) == 1 else { throw .noRandomness }
    return bytes
}
