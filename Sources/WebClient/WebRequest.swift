package struct WebRequest: Sendable {
    /// How it is asked.
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// How it is asked.
    package let method: Method
    package let url: EndpointURL
    /// Names and values, in order; `Host` and `Content-Length` are added.
    package let headers: [Header]
    package let body: [UInt8]
    /// Certificates.
    package var security: TransportSecurity
    /// Decides which addresses may be connected to.
    package var addressGuard: AddressGuard
    /// The absolute path of a Unix socket to connect to instead of the URL's host, which the guard does not look at.
    package var socket: String?
    /// How long connecting may take, TLS included.
    package var connectTimeout = Duration.seconds(5)
    /// How long all of it may take; nil: for ever.
    package var timeout: Duration? = .seconds(15)
    /// After how long without a byte, in whole seconds, the connection counts as broken; nil: never.
    package var silence: Duration?
    /// How much of the answer's body is read, in bytes.
    package var bodyLimit = WebResponse.bodyLimit
    /// Gets the body of a 200 as it comes, on the client's thread, instead of the response.
    package var receiver: (@Sendable ([UInt8]) -> Void)?

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

    /// A request.
    ///
    /// - Parameters:
    ///   - method: how it is asked.
    ///   - url: where to.
    ///   - headers: names and values.
    ///   - body: the body.
    ///   - security: certificates.
    ///   - addressGuard: decides which addresses may be connected to.
    package init(
        _ method: Method = .post,
        url: EndpointURL,
        headers: [Header],
        body: [UInt8] = [],
        security: TransportSecurity = TransportSecurity(),
        addressGuard: AddressGuard = AddressGuard()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.security = security
        self.addressGuard = addressGuard
    }
}
