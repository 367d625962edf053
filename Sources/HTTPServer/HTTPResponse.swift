/// What a client is told.
package struct HTTPResponse: Hashable, Sendable {
    /// The status code, 200 … 599.
    package let status: Int
    /// Header names and values, in the order in which they are sent; length, date and connection are added.
    package var headers: [Header]
    /// The body; for `HEAD` its length is told and the rest left out.
    package let body: [UInt8]

    /// A header field.
    package struct Header: Hashable, Sendable {
        /// Such as `Content-Type`.
        package let name: String
        /// Without line breaks.
        package let value: String

        /// A header field.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A response.
    ///
    /// - Parameters:
    ///   - status: the status code, 200 … 599.
    ///   - headers: names and values.
    ///   - body: the body's bytes.
    package init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A text.
    ///
    /// - Parameters:
    ///   - text: the body.
    ///   - status: the status code.
    ///   - type: the media type.
    /// - Returns: the response, which is not to be cached.
    package static func text(
        _ text: String,
        status: Int = 200,
        type: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        let headers = [Header("Content-Type", type), Header("Cache-Control", "no-store")]
        return HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
    }

    /// 404, for paths that nothing answers.
    package static let notFound = text("not found\n", status: 404)
}
