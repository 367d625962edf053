/// An answer to a request.
package struct WebResponse: Hashable, Sendable {
    package let status: Int
    /// The value of `Retry-After`, as it came.
    package let retryAfter: String?
    /// The first bytes of the body.
    package let body: [UInt8]
    /// Whether more of the body was left unread.
    package let isTruncated: Bool

    /// How much of a body is read unless the request says otherwise, in bytes.
    package static let bodyLimit = 16_384

    package init(status: Int, retryAfter: String? = nil, body: [UInt8] = [], isTruncated: Bool = false) {
        self.status = status
        self.retryAfter = retryAfter
        self.body = body
        self.isTruncated = isTruncated
    }
}
