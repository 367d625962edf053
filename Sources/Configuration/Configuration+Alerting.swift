package import Domain

extension Configuration {
    /// `alerting.*`.
    package struct Alerting: Hashable, Sendable {
        /// A level that can alert.
        package enum Level: String, Hashable, Sendable, CaseIterable {
            case low, medium, high, critical

            /// The level of risk.
            package var level: Domain.Level {
                switch self {
                case .low: .low
                case .medium: .medium
                case .high: .high
                case .critical: .critical
                }
            }
        }

        /// The least level that alerts.
        package var minimumLevel = Level.high
        /// For how long an alert that resolved by itself is opened again instead of a new one.
        package var reopenWithin = Duration.seconds(3600)
        /// Where people look at alerts: what links in messages begin with; nil for no links.
        package var externalURL: String?
        /// Which alerts keep others from being told.
        package var inhibit = InhibitionRule.allCases
        /// How long a message waits for its endpoint at most.
        package var outboxAge = Duration.seconds(120 * 3600)
        /// How many messages wait at most.
        package var outboxRows = 100_000
        /// Who is told.
        package var endpoints: [AlertEndpoint] = []
    }

    /// `alerting.endpoints[].*`.
    package struct AlertEndpoint: Hashable, Sendable {
        /// Unique; letters, digits, `-` and `_`.
        package var name = ""
        /// How messages look.
        package var format = EndpointFormat.native
        package var target = EndpointTarget.url("")
        /// How a webhook is signed.
        package var signing = Endpoint.Signing.hmac
        /// What it is signed with, or PagerDuty's routing key; during a rotation the new one first.
        package var secrets: [SecretReference] = []
        /// A certificate that riskd shows.
        package var clientCertificate: String?
        /// Its private key.
        package var clientKey: SecretReference?
        /// Certificates that are trusted instead of the system's.
        package var trustedCertificates: String?
        /// Only alerts that meet all of these are told.
        package var matchers: [AlertMatcher] = []
        /// Only alerts that reach this level are told.
        package var minimumLevel = Alerting.Level.high
        /// The messages that it wants; empty for those of alerts, detectors and calibrations.
        package var types: [MessageType] = []
        /// Whether the end of an alert is told.
        package var sendsResolved = true
        /// The labels that a group shares; nil: every alert by itself.
        package var groupBy: [String]?
        /// How long a new group waits.
        package var groupWait = Duration.zero
        /// How long changes of a group wait.
        package var groupInterval = Duration.seconds(300)
        /// After which time a group is told again.
        package var repeatInterval = Duration.seconds(4 * 3600)
        /// How many messages may be under way at once.
        package var concurrency = 4
        /// Whether `http:` is allowed.
        package var allowsPlainHTTP = false
        /// Networks that are allowed although they are not public.
        package var allowedNetworks: [String] = []
        /// Ports that are allowed besides 443 and 8443.
        package var allowedPorts: [Int] = []
        /// Whether CloudEvents headers are added.
        package var sendsCloudEvents = false
        /// The file of the template, where the format is `template`.
        package var template: String?
    }
}
