/// What a client asked for.
package struct HTTPRequest: Hashable, Sendable {
    /// `GET` or `HEAD`; others are refused before they get here.
    package let method: String
    /// The path, percent-decoded, without the query, such as `/metrics`.
    package let path: String
    /// The query's parameters, percent-decoded; the first of a name counts, one without a value has an empty one.
    package let query: [String: String]

    /// A request.
    package init(method: String, path: String, query: [String: String] = [:]) {
        self.method = method
        self.path = path
        self.query = query
    }
}
