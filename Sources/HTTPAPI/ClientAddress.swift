package import HTTPServer
package import Runtime

/// The proxies that may say whom they speak for, and in which header.
///
/// What others say in such a header is not read.
package struct TrustedProxies: Hashable, Sendable {
    /// Where proxies write down whom they speak for.
    package enum Header: String, Hashable, Sendable, CaseIterable {
        /// `X-Forwarded-For`, which most proxies add to.
        case xForwardedFor = "x-forwarded-for"
        /// `Forwarded` (RFC 7239).
        case forwarded
    }

    private let networks: [NetworkRange]
    private let header: Header

    /// Proxies.
    ///
    /// - Parameters:
    ///   - networks: where they are; none: nobody is trusted.
    ///   - header: the one header that all of them add to. A client may have sent the other one itself.
    package init(_ networks: [NetworkRange] = [], header: Header = .xForwardedFor) {
        self.networks = networks
        self.header = header
    }

    /// Whether an address is that of a proxy.
    package func contain(_ address: String) -> Bool { networks.contains { $0.contains(address) } }

    /// Where a request comes from: the peer, or, where that is a proxy, the last address in its header that is none.
    ///
    /// - Parameter request: a request.
    /// - Returns: a numeric address; the nearest proxy's where the header says nothing that can be read.
    package func client(of request: HTTPRequest) -> String {
        var client = request.peer
        var claims = request.headers[header.rawValue].map(addresses) ?? []
        while contain(client), let claim = claims.popLast() {
            guard let address = numericAddress(claim) else { break }
            client = address
        }
        return client
    }

    private func addresses(_ value: String) -> [String] {
        let elements = value.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        guard header == .forwarded else { return elements }
        return elements.map { element in
            let pairs = element.split(separator: ";").map { $0.drop { $0 == " " } }
            return pairs.first { $0.lowercased().hasPrefix("for=") }.map { String($0.dropFirst(4)) } ?? ""
        }
    }
}

/// Of `192.0.2.1`, `"192.0.2.1:4711"`, `2001:db8::1` or `"[2001:db8::1]:4711"` the address; nil for names and `unknown`.
private func numericAddress(_ text: String) -> String? {
    var text = text.filter { $0 != " " && $0 != "\"" && $0 != "\t" }
    if text.hasPrefix("[") {
        guard let end = text.firstIndex(of: "]") else { return nil }
        text = String(text[text.index(after: text.startIndex)..<end])
    } else if text.contains("."), let colon = text.lastIndex(of: ":"), !text.hasPrefix("::") {
        text = String(text[..<colon])
    }
    return addressBytes(text) == nil ? nil : text
}
