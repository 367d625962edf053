import Runtime
import WebClient

/// Why riskd did not do what was asked.
enum ClientError: Error, Hashable, CustomStringConvertible {
    /// It could not be asked.
    case notReached(WebError, url: String)
    /// Its socket could not be connected to; `code` is what the system answered (errno).
    case notConnected(socket: String, code: Int32)
    /// It refused; a problem of RFC 9457 as far as it sent one.
    case refused(status: Int, detail: String, hint: String)
    /// It answered something else than its description promises.
    case notUnderstood(String)

    /// The error that an answer means.
    ///
    /// - Parameters:
    ///   - response: status 300 or above.
    ///   - hasToken: whether a token was sent.
    init(_ response: WebResponse, hasToken: Bool) {
        let problem = (try? JSONValue(parsing: response.body)) ?? .null
        let detail = problem["detail"].string ?? problem["title"].string ?? ""
        let hint =
            switch response.status {
            case 300..<400: "this is a redirect, which is not followed: name the address it leads to"
            case 401 where !hasToken:
                "no token is known: riskctl token create, on riskd's machine, makes one; name its file with --token-file or RISKCTL_TOKEN_FILE"
            case 401: "the token is unknown, expired or revoked"
            case 404 where problem["status"] == .null: "is this a riskd?"
            case 429: response.retryAfter.map { "try again in \($0) s" } ?? ""
            default: ""
            }
        self = .refused(status: response.status, detail: detail, hint: hint)
    }

    /// The status of a refusal.
    var status: Int? { if case .refused(let status, _, _) = self { status } else { nil } }

    var description: String {
        switch self {
        case .notReached(.cancelled, _): return "cancelled"
        case .notReached(let error, let url): return "riskd at \(url) cannot be asked: \(error)"
        case .notConnected(let path, let code): return ServiceSocket.trouble(at: path, code)
        case .refused(let status, let detail, let hint):
            let parts = [Self.words(status), detail, hint].filter { !$0.isEmpty }
            return parts.joined(separator: ": ")
        case .notUnderstood(let reason): return "riskd's answer was not understood: \(reason)"
        }
    }

    private static func words(_ status: Int) -> String {
        switch status {
        case 400, 422: "riskd refuses the request"
        case 401: "not signed in"
        case 403: "not allowed"
        case 404: "not found"
        case 409: "this cannot be done now"
        case 429: "too many requests"
        case 503: "riskd is not available"
        default: "riskd answered \(status)"
        }
    }
}
