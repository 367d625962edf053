import Domain
import Runtime
import WebClient

/// Sends lines to a syslog receiver: a datagram each (RFC 5426), or counted octets over TCP (RFC 6587) and TLS (RFC 5425).
struct SyslogSender: MessageSender {
    private enum Way: Sendable {
        case datagrams(DatagramClient)
        case stream(StreamClient)
    }

    private let way: Way

    /// A sender.
    ///
    /// - Throws: `WebError.invalidURL` where the host is none; `SecretError` where a key cannot be used.
    init(
        host: String,
        port: UInt16,
        transport: SyslogTransport,
        security: TransportSecurity,
        addressGuard: AddressGuard
    ) throws(WebError) {
        guard transport != .udp else {
            way = .datagrams(DatagramClient(host: host, port: port, addressGuard: addressGuard))
            return
        }
        let name = host.contains(":") ? "[\(host)]" : host
        let scheme = transport == .tls ? "https" : "http"
        let policy = EndpointURL.Policy(ports: [port], allowsPlainHTTP: true)
        let url = try EndpointURL("\(scheme)://\(name):\(port)/", policy: policy)
        way = .stream(StreamClient(url: url, security: security, addressGuard: addressGuard))
    }

    func send(_ payload: Payload, of message: Message, at now: Timestamp) async -> Receipt {
        do throws(WebError) {
            switch way {
            case .datagrams(let client): try await client.send(payload.parts)
            case .stream(let client):
                try await client.send(payload.parts.flatMap { Array("\($0.count) ".utf8) + $0 })
            }
            return Receipt(.delivered)
        } catch {
            return Receipt(
                error.isBlocked ? .blocked : .failed,
                detail: printable(clipped("\(error)", to: 500))
            )
        }
    }
}
