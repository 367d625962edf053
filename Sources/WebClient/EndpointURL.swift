internal import CCurl

/// The address of an endpoint, checked against a policy; only scheme, host and port of it can be printed.
package struct EndpointURL: Hashable, Sendable {
    /// All of it, tokens included: for the request itself.
    package let text: String
    /// `https` or `http`.
    package let scheme: String
    /// A name or a numeric address, without brackets, in lower case.
    package let host: String
    package let port: UInt16

    /// What addresses must look like.
    package struct Policy: Hashable, Sendable {
        /// Ports that may be used; nil: every one.
        package var ports: Set<UInt16>?
        /// Whether plain HTTP may be used at all.
        package var allowsPlainHTTP: Bool

        package init(ports: Set<UInt16>? = [443, 8443], allowsPlainHTTP: Bool = false) {
            self.ports = ports
            self.allowsPlainHTTP = allowsPlainHTTP
        }
    }

    /// Takes an address apart with libcurl's own parser, so that what is checked is what is connected to.
    ///
    /// - Parameters:
    ///   - text: an absolute https or http URL.
    ///   - policy: what it must look like.
    /// - Throws: `WebError.invalidURL`, which names no more than scheme, host and port.
    package init(_ text: String, policy: Policy = Policy()) throws(WebError) {
        guard let url = curl_url() else { throw .invalidURL(reason: "no memory") }
        defer { curl_url_cleanup(url) }
        let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isClean, curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = part(CURLUPART_SCHEME, of: url)?.lowercased(),
            let host = part(CURLUPART_HOST, of: url)?.lowercased(), !host.isEmpty,
            let port = part(CURLUPART_PORT, of: url, UInt32(CURLU_DEFAULT_PORT)).flatMap({ UInt16($0) })
        else { throw .invalidURL(reason: "this is not an absolute https URL, in ASCII and without blanks") }
        guard scheme == "https" || scheme == "http" else {
            throw .invalidURL(reason: "the scheme \(scheme) cannot be used: use https")
        }
        guard part(CURLUPART_USER, of: url) == nil, part(CURLUPART_PASSWORD, of: url) == nil else {
            throw .invalidURL(reason: "an address must not hold a user name or password")
        }
        guard part(CURLUPART_ZONEID, of: url) == nil, !host.contains("%") else {
            throw .invalidURL(reason: "an address must not name a network zone")
        }
        guard scheme == "https" || policy.allowsPlainHTTP else {
            throw .invalidURL(reason: "\(host) is addressed with plain http, which is not allowed: use https")
        }
        if let allowed = policy.ports, !allowed.contains(port) {
            let ports = allowed.sorted().map { String($0) }.joined(separator: ", ")
            throw .invalidURL(
                reason: "port \(port) of \(host) is not among those that are allowed (\(ports))"
            )
        }
        self.text = text
        self.scheme = scheme
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = port
    }

    /// The host's address, where it is written as a number.
    package var literal: IPAddress? { IPAddress(host) }
}

extension EndpointURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Scheme, host and port; the rest, which may hold a token, is left out.
    package var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(host):\(port)/…"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

private func part(_ part: CURLUPart, of url: OpaquePointer, _ flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
}
