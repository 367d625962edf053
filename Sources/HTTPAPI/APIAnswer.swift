package import HTTPServer

/// What a handler answers.
package enum APIAnswer: Sendable {
    /// JSON; keys in camel case become snake case, and what is nil is left out.
    case json(any Encodable & Sendable)
    /// JSON about something that was made.
    case created(any Encodable & Sendable, headers: [HTTPResponse.Header] = [])
    /// JSON about something that will be done.
    case accepted(any Encodable & Sendable)
    /// Nothing, and all is well.
    case done(headers: [HTTPResponse.Header] = [])
    /// A picture.
    case png([UInt8], headers: [HTTPResponse.Header] = [])
    /// A text that is written as it comes; one that ends before its end has a manifest that says so.
    case stream(type: String, write: @Sendable (HTTPStream) async throws -> Void)
    case text([UInt8], type: String)
}
