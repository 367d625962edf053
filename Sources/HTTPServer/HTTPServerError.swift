/// Why a server could not start.
package enum HTTPServerError: Error, Hashable, CustomStringConvertible {
    /// The address is not a numeric IPv4 or IPv6 address.
    case invalidAddress(String)
    /// Another program (or another riskd) listens there.
    case inUse(address: String, port: UInt16)
    /// The system refused the address or port.
    case cannotListen(address: String, port: UInt16, reason: String)
    /// A Unix socket cannot be made there.
    case unusable(path: String, reason: String)
    /// Another program (or another riskd) listens at a Unix socket.
    case occupied(path: String)
    /// libmicrohttpd refused to start; its log says why.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .invalidAddress(let address):
            "\(address) is not an IP address to listen on; use a numeric one such as 127.0.0.1 or ::1"
        case .inUse(let address, let port):
            "port \(port) of \(address) is in use; stop the program that listens there or configure another port"
        case .cannotListen(let address, let port, let reason):
            "cannot listen on port \(port) of \(address): \(reason)"
        case .unusable(let path, let reason):
            "cannot listen at the socket \(path): \(reason)"
        case .occupied(let path):
            "somebody listens at the socket \(path) already; stop that program or configure another path"
        case .failed(let reason):
            "the HTTP server did not start: \(reason)"
        }
    }
}
