import Crypto
import Domain
import Runtime
import WebClient

/// Posts messages, signed where the endpoint wants it.
struct WebSender: MessageSender {
    let endpoint: Endpoint
    /// Knows what its own answers mean.
    let receiver: any Receiver
    let client: WebClient
    let secrets: SecretReader
    let addressGuard: AddressGuard
    /// What CloudEvents name as the origin.
    let source: String

    func send(_ payload: Payload, of message: Message, at now: Timestamp) async -> Receipt {
        let request: WebRequest
        do {
            request = try self.request(payload, message, now)
        } catch {
            // A configuration that is wrong may be put right before the message is too old.
            return Receipt(.failed, detail: printable(clipped("\(error)", to: 500)))
        }
        do throws(WebError) {
            return receipt(of: try await client.send(request), at: now)
        } catch {
            return Receipt(
                error.isBlocked ? .blocked : .failed,
                detail: printable(clipped("\(error)", to: 500))
            )
        }
    }

    /// Throws what would keep every request from being made.
    func check() throws {
        _ = try url()
        _ = try security()
    }

    /// What the endpoint's address is now, tokens included, and what it is signed by: another one is another receiver.
    func place() throws -> (text: String, host: String) {
        let url = try url()
        return (url.text, url.host)
    }

    private func url() throws -> EndpointURL {
        let address: String
        switch endpoint.target {
        case .url(let text): address = text
        case .secretURL(let reference): address = try secrets.read(reference).value
        case .syslog: throw FormatError.incomplete(reason: "a syslog receiver takes no HTTP")
        }
        let policy = EndpointURL.Policy(
            ports: Set([443, 8443] + endpoint.allowedPorts),
            allowsPlainHTTP: endpoint.allowsPlainHTTP
        )
        return try EndpointURL(address, policy: policy)
    }

    private func security() throws -> TransportSecurity {
        var security = TransportSecurity(authorities: endpoint.trustedCertificates)
        if let certificate = endpoint.clientCertificate {
            security.certificate = certificate.file
            // Read only to see that nobody else can: libcurl takes the path.
            _ = try secrets.read(certificate.key)
            security.key = secrets.path(of: certificate.key)
        }
        return security
    }

    private func request(_ payload: Payload, _ message: Message, _ now: Timestamp) throws
        -> WebRequest
    {
        let body = payload.parts.first ?? []
        return WebRequest(
            url: try url(),
            headers: try headers(payload, body, message, now),
            body: body,
            security: try security(),
            addressGuard: addressGuard
        )
    }

    private func headers(
        _ payload: Payload,
        _ body: [UInt8],
        _ message: Message,
        _ now: Timestamp
    ) throws -> [WebRequest.Header] {
        let id = message.id.description
        let seconds = now.milliseconds.floorDivided(by: 1000)
        var headers: [WebRequest.Header] = [
            .init("Content-Type", payload.contentType), .init("User-Agent", "riskd"), .init("webhook-id", id),
            .init("webhook-timestamp", String(seconds)),
        ]
        if endpoint.signing != .none {
            let keys = try secrets.signing(endpoint.secrets, at: now)
            let signer = try WebhookSigner(endpoint.signing, secrets: keys)
            if let signature = try signer.signature(id: id, timestamp: seconds, body: body) {
                headers.append(.init("webhook-signature", signature))
            }
        }
        if endpoint.sendsCloudEvents {
            headers += [
                .init("ce-specversion", "1.0"), .init("ce-id", id), .init("ce-source", source),
                .init("ce-type", "riskd.\(message.type.rawValue)"),
                .init("ce-time", message.timestamp.description),
            ]
        }
        return headers
    }

    private func receipt(of response: WebResponse, at now: Timestamp) -> Receipt {
        let wait = response.retryAfter.flatMap { retryAfter($0, at: now) }
        // Only for people: what a receiver says about a message it refuses, with nothing in it that drives a terminal.
        let text = printable(clipped(String(decoding: response.body.prefix(200), as: UTF8.self), to: 200))
        if let outcome = receiver.outcome(ofStatus: response.status) {
            return Receipt(outcome, status: response.status, detail: text, retryAfter: wait)
        }
        switch response.status {
        case 200..<300: return Receipt(.delivered, status: response.status)
        case 410: return Receipt(.gone, status: 410, detail: text)
        case 300..<400:
            return Receipt(.failed, status: response.status, detail: "redirects are not followed")
        default: return Receipt(.failed, status: response.status, detail: text, retryAfter: wait)
        }
    }
}

extension WebError {
    var isBlocked: Bool {
        if case .blocked = self { true } else { false }
    }
}
