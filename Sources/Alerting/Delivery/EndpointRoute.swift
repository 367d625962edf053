import Crypto
package import Domain
import Runtime
package import WebClient

/// One endpoint as deliveries see it: its receiver and the way there.
package struct EndpointRoute: Sendable {
    /// As configured.
    package let endpoint: Endpoint
    private let receiver: any Receiver
    private let sender: any MessageSender
    private let context: MessageContext
    /// A digest of where it leads and how messages look and are signed: with another one it is another receiver.
    package let identity: String
    /// Why nothing can ever be sent to it, where its address is written as a number; nil when that cannot be told.
    package let refusal: String?

    /// What all routes share.
    package struct Surroundings: Sendable {
        /// Sends the requests of all endpoints.
        package var client: WebClient
        /// Reads secrets.
        package var secrets: SecretReader
        /// Addresses that are allowed at every endpoint although they are not public.
        package var allowedNetworks: [AddressRange]
        /// What all messages have in common; its time is replaced by that of each attempt.
        package var context: MessageContext

        package init(
            client: WebClient,
            secrets: SecretReader,
            allowedNetworks: [AddressRange] = [],
            context: MessageContext
        ) {
            self.client = client
            self.secrets = secrets
            self.allowedNetworks = allowedNetworks
            self.context = context
        }
    }

    /// A route.
    ///
    /// - Parameters:
    ///   - endpoint: as configured.
    ///   - surroundings: what all routes share.
    ///   - template: the text of the endpoint's template, where its format is one.
    /// - Throws: `RouteError` where the endpoint cannot be used as it is configured; a secret or a key that is missing
    ///   throws too, so that `riskd check` and the start tell.
    package init(
        _ endpoint: Endpoint,
        _ surroundings: Surroundings,
        template: String? = nil
    ) throws(RouteError) {
        self.endpoint = endpoint
        context = surroundings.context
        do {
            let setup = ReceiverSetup(endpoint, secrets: surroundings.secrets, template: template)
            let receiver = try endpoint.format.receiver.init(setup)
            self.receiver = receiver
            let (sender, place) = try Self.sender(endpoint, receiver, surroundings)
            self.sender = sender
            let kind = "\(endpoint.format.rawValue)\n\(endpoint.signing.rawValue)\n"
            identity = sha256Hex(Array((kind + place.text).utf8))
            refusal = try IPAddress(place.host).flatMap { address in
                try Self.addressGuard(endpoint, surroundings).refusal(of: address).map { range in
                    "\(address) is not public (\(range)): riskd does not connect to it unless allow_networks names it"
                }
            }
            if endpoint.signing != .none {
                let keys = try surroundings.secrets.signing(endpoint.secrets, at: surroundings.context.now)
                _ = try WebhookSigner(endpoint.signing, secrets: keys)
            }
        } catch {
            throw RouteError(endpoint: endpoint.name, reason: "\(error)")
        }
    }

    private static func addressGuard(_ endpoint: Endpoint, _ surroundings: Surroundings) throws
        -> AddressGuard
    {
        var allowed = surroundings.allowedNetworks
        for text in endpoint.allowedNetworks {
            guard let range = AddressRange(text) else {
                throw FormatError.incomplete(
                    reason: "\(printable(text)) is not a network such as 10.1.0.0/16"
                )
            }
            allowed.append(range)
        }
        return AddressGuard(allowed: allowed)
    }

    /// Where messages go: all of the address, which may hold a token, and the host.
    private typealias Place = (text: String, host: String)

    private static func sender(
        _ endpoint: Endpoint,
        _ receiver: any Receiver,
        _ surroundings: Surroundings
    ) throws -> (any MessageSender, Place) {
        let addressGuard = try addressGuard(endpoint, surroundings)
        let security = try security(endpoint, surroundings.secrets)
        guard case .syslog(let host, let port, let transport) = endpoint.target else {
            guard !endpoint.format.isLines else {
                throw FormatError.incomplete(reason: "lines of syslog need a syslog receiver")
            }
            let sender = WebSender(
                endpoint: endpoint,
                receiver: receiver,
                client: surroundings.client,
                secrets: surroundings.secrets,
                addressGuard: addressGuard,
                source: surroundings.context.externalURL ?? "/riskd/\(surroundings.context.host)"
            )
            try sender.check()
            return (sender, try sender.place())
        }
        guard endpoint.format.isLines else {
            throw FormatError.incomplete(reason: "a syslog receiver takes syslog or cef only")
        }
        let sender = try SyslogSender(
            host: host,
            port: port,
            transport: transport,
            security: security,
            addressGuard: addressGuard
        )
        return (sender, ("syslog+\(transport.rawValue)://\(host):\(port)", host))
    }

    /// The files for TLS, of which libcurl would say only at the first message that they are none.
    private static func security(_ endpoint: Endpoint, _ secrets: SecretReader) throws -> TransportSecurity {
        var security = TransportSecurity(authorities: endpoint.trustedCertificates)
        if let file = endpoint.trustedCertificates { _ = try CertificateFile(path: file) }
        if let certificate = endpoint.clientCertificate {
            let key = try secrets.read(certificate.key)
            guard try CertificateFile(path: certificate.file).matches(key: Array(key.value.utf8)) else {
                throw FormatError.incomplete(
                    reason: "\(key.source) is not the private key of the certificate \(certificate.file)"
                )
            }
            security.certificate = certificate.file
            security.key = secrets.path(of: certificate.key)
        }
        return security
    }

    /// How the receiver is told again of what it forgets; nil: it forgets nothing.
    var reminding: Reminding? { receiver.reminding }

    /// Alerts in as many messages as it takes to remind the receiver of all of them.
    func packed(_ alerts: [AlertSnapshot]) -> [[AlertSnapshot]] {
        receiver.reminding?.packed(alerts, context) ?? []
    }

    /// Makes one attempt.
    ///
    /// - Parameters:
    ///   - message: what to say.
    ///   - now: what the message tells as the present.
    ///   - wall: the time of day, which a signature tells; nil: the same.
    /// - Returns: how it went.
    package func attempt(
        _ message: Message,
        at now: Timestamp,
        signedAt wall: Timestamp? = nil
    ) async -> Receipt {
        var context = context
        context.now = now
        do throws(FormatError) {
            guard let payload = try receiver.render(message, context) else {
                return Receipt(
                    .delivered,
                    detail: "\(endpoint.format.rawValue) has no message for this; nothing was sent"
                )
            }
            return await sender.send(payload, of: message, at: wall ?? now)
        } catch {
            return Receipt(.refused, detail: "\(error)")
        }
    }
}

/// Why an endpoint cannot be used as it is configured.
package struct RouteError: Error, Hashable, CustomStringConvertible {
    /// Its name.
    package let endpoint: String
    /// Why, without secrets.
    package let reason: String

    package init(endpoint: String, reason: String) {
        self.endpoint = endpoint
        self.reason = reason
    }

    package var description: String { "endpoint \(endpoint): \(reason)" }
}
