import CCrypto

/// A file of certificates in PEM.
package struct CertificateFile: Hashable, Sendable {
    private let path: String
    /// When the first certificate expires, in seconds since 1970.
    package let expires: Int64

    /// Why a file holds no certificates.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Reads a file.
    ///
    /// - Parameter path: of certificates in PEM; the first is the one that counts where there are several.
    /// - Throws: `Problem` where the first is none.
    package init(path: String) throws(Problem) {
        self.path = path
        guard let certificate = Self.first(of: path) else {
            throw Problem(description: "\(path) cannot be read, or holds no certificate in PEM")
        }
        defer { X509_free(certificate) }
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else {
            throw Problem(description: "the certificate \(path) does not say when it expires")
        }
        expires = Int64(timegm(&time))
    }

    private static func first(of path: String) -> OpaquePointer? {
        defer { ERR_clear_error() }
        guard let file = BIO_new_file(path, "r") else { return nil }
        defer { BIO_free(file) }
        return PEM_read_bio_X509(file, nil, nil, nil)
    }

    /// Whether a private key is that of the first certificate.
    ///
    /// - Parameter key: in PEM, without a password.
    /// - Returns: false also when it is no key.
    package func matches(key: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        guard let certificate = Self.first(of: path) else { return false }
        defer { X509_free(certificate) }
        guard let memory = BIO_new_mem_buf(key, Int32(clamping: key.count)) else { return false }
        defer { BIO_free(memory) }
        guard let key = PEM_read_bio_PrivateKey(memory, nil, nil, nil) else { return false }
        defer { EVP_PKEY_free(key) }
        return X509_check_private_key(certificate, key) == 1
    }
}
