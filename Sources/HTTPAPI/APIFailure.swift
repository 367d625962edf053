import HTTPServer
import Runtime

/// Why a request is not done; told as a problem (RFC 9457).
package enum APIFailure: Error, Hashable, Sendable {
    /// Something wrong with a parameter or a member of the body.
    package struct Fault: Hashable, Sendable {
        /// Which; empty for the whole.
        package let field: String
        /// What is wrong.
        package let message: String

        package init(_ field: String, _ message: String) {
            self.field = field
            self.message = message
        }
    }

    /// The request is wrong.
    case invalid([Fault])
    /// Each part of the request is right, and yet it cannot be meant so.
    case unprocessable([Fault])
    /// Nobody is signed in, or not any more.
    case notSignedIn(String)
    /// The caller may not.
    case forbidden(String)
    /// There is no such thing.
    case notFound(String)
    /// There is such a path, for other methods.
    case methodNotAllowed([String])
    /// It cannot be done as things are.
    case conflict(String)
    /// The body is too long.
    case tooLarge
    /// The body is not JSON by its type.
    case unsupportedMediaType
    /// Slow down.
    case tooMany(retryAfter: Int)
    /// The database does not answer, or not in time.
    case unavailable(String)
    /// A defect of riskd.
    case defect

    /// One fault.
    package static func invalid(_ field: String, _ message: String) -> APIFailure {
        .invalid([Fault(field, message)])
    }

    /// One fault of what is right in form.
    package static func unprocessable(_ field: String, _ message: String) -> APIFailure {
        .unprocessable([Fault(field, message)])
    }

    /// What is wrong with the request, where it is.
    package var faults: [Fault] {
        switch self {
        case .invalid(let faults), .unprocessable(let faults): faults
        default: []
        }
    }

    private var faultsInWords: String {
        faults.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }.joined(separator: "; ")
    }

    private var problem: (status: Int, type: String, title: String, detail: String) {
        switch self {
        case .invalid: return (400, "invalid", "The request is not right", faultsInWords)
        case .unprocessable:
            return (422, "unprocessable", "The request cannot be meant so", faultsInWords)
        case .notSignedIn(let detail): return (401, "not-signed-in", "Nobody is signed in", detail)
        case .forbidden(let detail): return (403, "forbidden", "Not allowed", detail)
        case .notFound(let detail): return (404, "not-found", "Not found", detail)
        case .methodNotAllowed(let methods):
            return (
                405, "method-not-allowed", "Method not allowed", "use \(methods.joined(separator: " or "))"
            )
        case .conflict(let detail): return (409, "conflict", "Not as things are", detail)
        case .tooLarge: return (413, "too-large", "Too large", "the body is too long")
        case .unsupportedMediaType:
            return (
                415, "unsupported-media-type", "Unsupported media type", "the body must be application/json"
            )
        case .tooMany(let seconds):
            return (429, "too-many-requests", "Too many requests", "try again in \(seconds) s")
        case .unavailable(let detail): return (503, "unavailable", "Unavailable", detail)
        case .defect: return (500, "defect", "A defect of riskd", "riskd's log says more")
        }
    }

    /// The problem as an answer.
    var response: HTTPResponse {
        let (status, type, title, detail) = problem
        var members: [JSONValue.Member] = [
            .init("type", .string("/problems/\(type)")), .init("title", .string(title)),
            .init("status", .integer(Int64(status))), .init("detail", .string(printable(detail))),
        ]
        if !faults.isEmpty {
            let errors = faults.map { fault in
                JSONValue.object([
                    "field": .string(fault.field), "message": .string(printable(fault.message)),
                ])
            }
            members.append(.init("errors", .array(errors)))
        }
        var headers = [
            HTTPResponse.Header("Content-Type", "application/problem+json"),
            HTTPResponse.Header("Cache-Control", "no-store"),
        ]
        switch self {
        case .notSignedIn: headers.append(.init("WWW-Authenticate", "Bearer realm=\"riskd\""))
        case .methodNotAllowed(let methods):
            headers.append(.init("Allow", methods.joined(separator: ", ")))
        case .tooMany(let seconds): headers.append(.init("Retry-After", String(max(1, seconds))))
        case .unavailable: headers.append(.init("Retry-After", "5"))
        default: break
        }
        return HTTPResponse(
            status: status,
            headers: headers,
            body: Array(JSONValue.object(members).text.utf8)
        )
    }
}
