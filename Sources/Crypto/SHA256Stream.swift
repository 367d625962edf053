import CCrypto

/// A SHA-256 digest of bytes that come in pieces.
///
/// An object belongs to whoever feeds it.
package final class SHA256Stream {
    private let context: OpaquePointer

    /// The digest of nothing yet.
    ///
    /// - Throws: `CryptoError.failed`.
    package init() throws(CryptoError) {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            throw .failed(operation: "SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    package func add(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

    /// Ends it.
    ///
    /// - Returns: 64 lower-case hexadecimal digits.
    package func finish() -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        EVP_DigestFinal_ex(context, &digest, nil)
        return hexadecimal(digest)
    }
}
