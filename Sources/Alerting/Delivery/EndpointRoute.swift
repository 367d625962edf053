package import Domain
import Runtime
package import WebClient

/// One endpoint as deliveries see it: its format and the way there.
package struct EndpointRoute: Sendable {
    /// As configured.
    package let endpoint: Endpoint
    private let format: any MessageFormat
    private let courier: any Courier
    private let context: MessageContext

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

        /// Surroundings.
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
            format = try Self.format(endpoint, surroundings.secrets, template)
            courier = try Self.courier(endpoint, surroundings)
            if endpoint.signing != .none {
                var keys: [Secret] = []
                for reference in endpoint.secrets { keys.append(try surroundings.secrets.read(reference)) }
                _ = try WebhookSigner(endpoint.signing, secrets: keys)
            }
        } catch {
            throw RouteError(endpoint: endpoint.name, reason: "\(error)")
        }
    }

    private static func format(
        _ endpoint: Endpoint,
        _ secrets: SecretReader,
        _ template: String?
    ) throws -> any MessageFormat {
        switch endpoint.format {
        case .native: return NativeFormat(isGrouped: endpoint.grouping.labels != nil)
        case .alertmanager: return AlertmanagerFormat(receiver: endpoint.name)
        case .alertmanagerPush:
            guard endpoint.sendsResolved else {
                throw FormatError.incomplete(
                    reason: "an Alertmanager that is pushed to must be told of the end of alerts"
                )
            }
            return AlertmanagerPushFormat()
        case .pagerduty:
            guard let reference = endpoint.secrets.first else {
                throw SecretError.missing(purpose: "the routing key")
            }
            let key = try secrets.read(reference)
            guard key.value.utf8.count == 32 else {
                throw SecretError.malformed(source: key.source, expected: "a routing key of 32 characters")
            }
            return PagerDutyFormat(routingKey: key.value)
        case .slack: return SlackFormat()
        case .ocsf: return OCSFFormat()
        case .syslog: return SyslogFormat()
        case .cef: return CEFFormat()
        case .template:
            guard let template else {
                throw FormatError.incomplete(reason: "the format template needs a template")
            }
            return try MessageTemplate(template, file: endpoint.template ?? "template")
        }
    }

    private static func courier(_ endpoint: Endpoint, _ surroundings: Surroundings) throws -> any Courier {
        var allowed = surroundings.allowedNetworks
        for text in endpoint.allowedNetworks {
            guard let range = AddressRange(text) else {
                throw FormatError.incomplete(
                    reason: "\(printable(text)) is not a network such as 10.1.0.0/16"
                )
            }
            allowed.append(range)
        }
        let addressGuard = AddressGuard(allowed: allowed)
        let takesLines = endpoint.format == .syslog || endpoint.format == .cef
        guard case .syslog(let host, let port, let transport) = endpoint.target else {
            guard !takesLines else {
                throw FormatError.incomplete(reason: "lines of syslog need a syslog receiver")
            }
            let courier = WebCourier(
                endpoint: endpoint,
                client: surroundings.client,
                secrets: surroundings.secrets,
                addressGuard: addressGuard,
                source: surroundings.context.externalURL ?? "/riskd/\(surroundings.context.host)"
            )
            try courier.check()
            return courier
        }
        guard takesLines else {
            throw FormatError.incomplete(reason: "a syslog receiver takes syslog or cef only")
        }
        var security = TransportSecurity(authorities: endpoint.trustedCertificates)
        if let certificate = endpoint.clientCertificate {
            _ = try surroundings.secrets.read(certificate.key)
            security.certificate = certificate.file
            security.key = surroundings.secrets.path(of: certificate.key)
        }
        return try SyslogCourier(
            host: host,
            port: port,
            transport: transport,
            security: security,
            addressGuard: addressGuard
        )
    }

    /// Alerts in as many messages as an Alertmanager needs.
    func packed(_ alerts: [AlertSnapshot]) -> [[AlertSnapshot]] {
        AlertmanagerPushFormat().packed(alerts, context)
    }

    /// Makes one attempt.
    ///
    /// - Parameters:
    ///   - notification: what to say.
    ///   - now: the wall clock.
    /// - Returns: how it went.
    package func attempt(_ notification: Notification, at now: Timestamp) async -> Receipt {
        var context = context
        context.now = now
        do throws(FormatError) {
            guard let message = try format.render(notification, context) else {
                return Receipt(
                    .delivered,
                    detail: "\(endpoint.format.rawValue) has no message for this; nothing was sent"
                )
            }
            return await courier.carry(message, of: notification, at: now)
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

    /// An error.
    package init(endpoint: String, reason: String) {
        self.endpoint = endpoint
        self.reason = reason
    }

    package var description: String { "endpoint \(endpoint): \(reason)" }
}
