/// The certificates of a TLS connection; verification is always on, TLS 1.2 the least.
package struct TransportSecurity: Hashable, Sendable {
    /// The path of a PEM file with the authorities to trust; nil for the system's.
    package var authorities: String?
    /// The path of a PEM file with our own certificate and its chain, for mutual TLS.
    package var certificate: String?
    /// The path of a PEM file with the key of `certificate`.
    package var key: String?

    /// The system's authorities and no certificate of our own, unless said otherwise.
    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}
