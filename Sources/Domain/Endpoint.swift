/// Where a secret is read from; the secret itself is never a value of this room.
package enum SecretReference: Hashable, Sendable {
    /// A file that only its owner may read.
    case file(String)
    /// A credential of the service manager: the name of a file in `$CREDENTIALS_DIRECTORY`.
    case credential(String)
}

/// How a message to an endpoint looks.
package enum EndpointFormat: String, Hashable, Sendable, CaseIterable {
    /// riskd's own JSON, signed as Standard Webhooks says.
    case native
    /// What Alertmanager sends to webhooks, version 4.
    case alertmanager
    /// What an Alertmanager takes at `/api/v2/alerts`.
    case alertmanagerPush = "alertmanager-push"
    /// PagerDuty Events API version 2.
    case pagerduty
    /// A message of a Slack channel.
    case slack
    /// OCSF Detection Finding, class 2004.
    case ocsf
    /// A line of RFC 5424.
    case syslog
    /// A line of RFC 5424 with a CEF message.
    case cef
    /// The user's own template.
    case template
}

package enum EndpointTarget: Hashable, Sendable {
    /// An HTTP address; it may carry a token, so only ``EndpointTarget/redacted`` is ever shown.
    case url(String)
    /// The address is in a file, because it carries a token.
    case secretURL(SecretReference)
    /// A syslog receiver.
    case syslog(host: String, port: UInt16, transport: SyslogTransport)

    /// What may be shown: scheme and host, without user, path and query.
    package var redacted: String {
        switch self {
        case .url(let text):
            guard let scheme = text.firstRange(of: "://") else { return "(unreadable)" }
            let host = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            let name = host.lastIndex(of: "@").map { host[host.index(after: $0)...] } ?? host
            return "\(text[..<scheme.upperBound])\(name)/..."
        case .secretURL: return "(secret)"
        case .syslog(let host, let port, let transport): return "\(transport.rawValue)://\(host):\(port)"
        }
    }
}

extension EndpointTarget {
    /// Why a text is no address; never shows the text.
    package struct Complaint: Error, Hashable, Sendable {
        /// In words.
        package let text: String
    }

    /// Parses an address.
    ///
    /// - Parameter text: `https://...`, `http://...`, or `syslog+udp://HOST:PORT`, `syslog+tcp://` and `syslog+tls://`.
    /// - Throws: `Complaint` when it is something else.
    package init(parsing text: String) throws(Complaint) {
        if text.hasPrefix("https://") || text.hasPrefix("http://") {
            self = .url(text)
            return
        }
        for transport in SyslogTransport.allCases {
            let scheme = "syslog+\(transport.rawValue)://"
            guard text.hasPrefix(scheme) else { continue }
            var place = text.dropFirst(scheme.count)
            if place.hasSuffix("/") { place = place.dropLast() }
            guard let colon = place.lastIndex(of: ":"),
                let port = UInt16(place[place.index(after: colon)...]),
                port > 0, colon != place.startIndex
            else { throw Complaint(text: "expected a host and a port after \(scheme)") }
            let host = place[..<colon].filter { $0 != "[" && $0 != "]" }
            self = .syslog(host: String(host), port: port, transport: transport)
            return
        }
        throw Complaint(text: "expected https://, http:// or syslog+udp://, syslog+tcp:// or syslog+tls://")
    }
}

/// How syslog lines travel.
package enum SyslogTransport: String, Hashable, Sendable, CaseIterable {
    case udp
    case tcp
    case tls
}

/// Somebody who is told of alerts, as configured.
package struct Endpoint: Hashable, Sendable {
    /// How a webhook is signed.
    package enum Signing: String, Hashable, Sendable, CaseIterable {
        /// HMAC-SHA-256, `v1`.
        case hmac
        /// Ed25519, `v1a`.
        case ed25519
        /// Not at all.
        case none
    }

    /// A certificate and its private key, in PEM.
    package struct ClientCertificate: Hashable, Sendable {
        /// The certificate's file, with those that vouch for it.
        package var file: String
        /// The private key.
        package var key: SecretReference

        package init(file: String, key: SecretReference) {
            self.file = file
            self.key = key
        }
    }

    /// How alerts are told of together.
    package struct Grouping: Hashable, Sendable {
        /// The labels that a group's alerts share; nil: every alert is a group of its own.
        package var labels: [String]?
        /// How long a new group waits for more alerts.
        package var wait: Duration
        /// How long a group that was told of waits before changes are told of.
        package var interval: Duration
        /// How long a group that does not change waits before it is told of again.
        package var `repeat`: Duration

        /// Settings; the defaults tell of every alert at once and by itself.
        package init(
            labels: [String]? = nil,
            wait: Duration = .zero,
            interval: Duration = .seconds(300),
            repeat: Duration = .seconds(4 * 3600)
        ) {
            self.labels = labels
            self.wait = wait
            self.interval = interval
            self.repeat = `repeat`
        }
    }

    /// Its name, unique.
    package var name: String
    /// How messages look.
    package var format: EndpointFormat
    package var target: EndpointTarget
    package var signing = Signing.none
    /// What it is signed with, or the routing key of PagerDuty; during a rotation the new one first, then the old.
    package var secrets: [SecretReference] = []
    /// What riskd shows to receivers that want to know their callers.
    package var clientCertificate: ClientCertificate?
    /// Certificates that are trusted instead of the system's.
    package var trustedCertificates: String?
    /// Only alerts that meet all of these are told of.
    package var matchers: [AlertMatcher] = []
    /// Only alerts at this level or above are told of.
    package var minimumLevel = Level.high
    /// The messages that it wants; empty: those of alerts, detectors and calibrations.
    package var types: Set<MessageType> = []
    /// Whether the end of an alert is told of.
    package var sendsResolved = true
    /// How alerts are told of together.
    package var grouping = Grouping()
    /// How many messages may be under way at once.
    package var concurrency = 4
    /// Whether `http:` is allowed.
    package var allowsPlainHTTP = false
    /// Networks in CIDR notation that are allowed although they are not public.
    package var allowedNetworks: [String] = []
    /// Ports that are allowed besides 443 and 8443.
    package var allowedPorts: [UInt16] = []
    /// Whether CloudEvents headers are added.
    package var sendsCloudEvents = false
    /// The file of the template, where the format is `template`.
    package var template: String?

    /// An endpoint.
    package init(name: String, format: EndpointFormat, target: EndpointTarget) {
        self.name = name
        self.format = format
        self.target = target
    }
}

/// Whether an endpoint gets messages.
package enum EndpointState: Hashable, Sendable {
    /// It does.
    case enabled
    /// It does not; its messages wait until it is enabled or they are too old.
    case disabled(reason: String, since: Timestamp)

    /// Whether it does.
    package var isEnabled: Bool { self == .enabled }
}
