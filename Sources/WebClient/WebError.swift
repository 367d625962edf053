/// Why a request could not be sent or was not answered.
///
/// No text of it holds more of an address than scheme, host and port: paths and queries carry tokens.
package enum WebError: Error, Hashable, CustomStringConvertible {
    /// The address may not be used; nothing was sent, and trying again changes nothing.
    case invalidURL(reason: String)
    /// The host's name has no address now.
    case unresolved(host: String)
    /// Every address of the host is one that riskd must not connect to.
    case blocked(host: String, address: String, range: String)
    /// Nobody listens there, or the way is broken.
    case unreachable(host: String, reason: String)
    /// TLS failed: an expired or unknown certificate, another name, no common version.
    case untrusted(host: String, reason: String)
    /// No answer in time.
    case timedOut(host: String, reason: String)
    /// A certificate or key of ours cannot be read.
    case credentials(reason: String)
    /// The connection broke after the request had been sent, or the answer was not HTTP.
    case broken(host: String, reason: String)
    /// The client has been closed, or the task that asked was cancelled.
    case cancelled

    /// Whether the same request may succeed later without anybody changing the configuration.
    package var isTransient: Bool {
        switch self {
        case .invalidURL, .credentials: false
        case .unresolved, .blocked, .unreachable, .untrusted, .timedOut, .broken, .cancelled: true
        }
    }

    package var description: String {
        switch self {
        case .invalidURL(let reason): reason
        case .unresolved(let host): "the name \(host) cannot be resolved"
        case .blocked(let host, let address, let range):
            "\(host) has the address \(address), which is in the blocked range \(range); "
                + "where this is meant, add it to the addresses that the configuration allows"
        case .unreachable(let host, let reason): "\(host) cannot be reached: \(reason)"
        case .untrusted(let host, let reason): "TLS with \(host) failed: \(reason)"
        case .timedOut(let host, let reason): "\(host) did not answer in time: \(reason)"
        case .credentials(let reason): "a certificate or key cannot be used: \(reason)"
        case .broken(let host, let reason): "the exchange with \(host) broke off: \(reason)"
        case .cancelled: "the request was cancelled"
        }
    }
}
