/// What a client asked for.
package struct HTTPRequest: Hashable, Sendable {
    /// One of the methods that the server was told to answer; others are refused before they get here.
    package let method: String
    /// The path, percent-decoded, without the query, such as `/metrics`.
    package let path: String
    /// The query's parameters, percent-decoded; the first of a name counts, one without a value has an empty one.
    package let query: [String: String]
    /// Header fields by lower-case name; the first of a name counts.
    package let headers: [String: String]
    /// The body; empty for `GET` and `HEAD`.
    package let body: [UInt8]

    /// A request.
    package init(
        method: String,
        path: String,
        query: [String: String] = [:],
        headers: [String: String] = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}
