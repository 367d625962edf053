/// A POST.
package struct WebRequest: Sendable {
    /// Where to.
    package let url: EndpointURL
    /// Names and values, in order; `Host` and `Content-Length` are added.
    package let headers: [Header]
    /// The body.
    package let body: [UInt8]
    /// Certificates.
    package var security: TransportSecurity
    /// Decides which addresses may be connected to.
    package var addressGuard: AddressGuard
    /// How long connecting may take, TLS included.
    package var connectTimeout = Duration.seconds(5)
    /// How long all of it may take.
    package var timeout = Duration.seconds(15)

    /// A header field.
    package struct Header: Hashable, Sendable {
        /// Such as `Content-Type`.
        package let name: String
        /// Printable ASCII; what is not is left out when it is sent.
        package let value: String

        /// A header field.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A POST.
    ///
    /// - Parameters:
    ///   - url: where to.
    ///   - headers: names and values.
    ///   - body: the body.
    ///   - security: certificates.
    ///   - addressGuard: decides which addresses may be connected to.
    package init(
        url: EndpointURL,
        headers: [Header],
        body: [UInt8],
        security: TransportSecurity = TransportSecurity(),
        addressGuard: AddressGuard = AddressGuard()
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.security = security
        self.addressGuard = addressGuard
    }
}
