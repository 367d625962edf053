/// What a client asked for.
package struct HTTPRequest: Hashable, Sendable {
    /// Such as `GET`.
    package let method: String
    /// The path, percent-decoded, without the query, such as `/metrics`; as it came where it cannot be decoded.
    package let path: String
    /// The path's parts between slashes, each percent-decoded: `/a/b%2Fc` is `a` and `b/c`, `/` one empty part;
    /// nil where they cannot be.
    package let segments: [String]?
    /// The query's parameters, percent-decoded; the first of a name counts, one without a value has an empty one.
    package let query: [String: String]
    /// Whether path and query could be decoded into text without NUL.
    package let isWellFormed: Bool
    /// Header fields by lower-case name; the first of a name counts.
    package let headers: [String: String]
    /// The body; empty for `GET` and `HEAD`.
    package let body: [UInt8]
    /// Whether the body was longer than the server takes; then it is empty.
    package let isBodyTooLong: Bool
    /// The numeric address of the client's end of the connection; empty where it is not known.
    package let peer: String
    /// Who asks, where the request came by a Unix socket; nil by a network.
    package let local: LocalPeer?
    /// All values of the query's parameters, percent-decoded, in order.
    package let parameters: [String: [String]]

    /// A request.
    ///
    /// - Parameters:
    ///   - method: such as `GET`.
    ///   - path: percent-encoded, without a query.
    ///   - query: names and values, percent-encoded, in order.
    ///   - headers: by lower-case name.
    ///   - body: bytes.
    ///   - isBodyTooLong: whether there was more of it than the server takes.
    ///   - peer: a numeric address.
    ///   - local: who asks by a Unix socket.
    package init(
        method: String,
        path: String,
        query: [(name: String, value: String)] = [],
        headers: [String: String] = [:],
        body: [UInt8] = [],
        isBodyTooLong: Bool = false,
        peer: String = "",
        local: LocalPeer? = nil
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.isBodyTooLong = isBodyTooLong
        self.peer = peer
        self.local = local
        // Not `//`: what is empty there is a part of its own.
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            percentDecoded(String($0))
        }
        let decoded = parts.compactMap(\.self)
        segments = decoded.count == parts.count ? decoded : nil
        self.path = percentDecoded(path) ?? path
        var isWellFormed = segments != nil
        var pairs: [(String, String)] = []
        for (name, value) in query {
            if let name = percentDecoded(name), let value = percentDecoded(value) {
                pairs.append((name, value))
            } else {
                isWellFormed = false
            }
        }
        self.query = Dictionary(pairs) { first, _ in first }
        parameters = Dictionary(grouping: pairs, by: \.0).mapValues { $0.map(\.1) }
        self.isWellFormed = isWellFormed
    }
}

/// Text without its percent-encoding; nil when an escape is broken or the result is no UTF-8 or holds NUL.
func percentDecoded(_ text: String) -> String? {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == 0 }) else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexadecimalDigit),
            let low = rest.popFirst().flatMap(hexadecimalDigit)
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
