import Domain

extension KeyTable {
    private static let alerting = KeyMaker(defaults: Configuration(stateDirectory: "", workers: 1))
    private static let told = KeyMaker(defaults: Configuration.AlertEndpoint())

    /// `alerting.*`.
    static let alertingKeys: [KeyBinding<Configuration>] = [
        alerting.key(
            "alerting.minimum_level",
            \.alerting.minimumLevel,
            .choice,
            "The least level that opens an alert; the bounds on false alarms below high are loose."
        ),
        alerting.key(
            "alerting.reopen_within",
            \.alerting.reopenWithin,
            .duration(.zero ... .seconds(30 * 86_400)),
            """
            An alert that resolved because its level fell is opened again, not a new one, if the level rises within this \
            time; and evidence that was left when a person resolved an alert may alert again after it.
            """
        ),
        alerting.key(
            "alerting.external_url",
            \.alerting.externalURL,
            ValueType.words("a URL", note: "URL without a slash at its end").optional,
            default: "none, messages carry no links",
            example: "'https://riskd.example.org'",
            "Where people look at alerts: what links in messages begin with."
        ),
        alerting.key(
            "alerting.inhibit",
            \.alerting.inhibit,
            ValueType.choice.list(of: "words"),
            """
            Which alerts keep others from being told: calibration, a suspect one those of its users and campaigns; \
            campaign, those of its users; model, by its own track those of its users and campaigns; derived, a roll-up's \
            while one of its parts alerts.
            """
        ),
        alerting.key(
            "alerting.outbox.age",
            \.alerting.outboxAge,
            .duration(.seconds(60) ... .seconds(30 * 86_400)),
            "How long a message waits for its endpoint before it is given up."
        ),
        alerting.key(
            "alerting.outbox.rows",
            \.alerting.outboxRows,
            .integer(100...10_000_000, unit: "messages"),
            "How many messages wait at most; the oldest of the lowest levels are given up first."
        ),
        KeyBinding(
            name: "alerting.endpoints",
            keys: alertEndpoint.bindings.flatMap(\.keys).map { $0.nested(in: "alerting.endpoints[].") }
        ) { node, path, decoder, root in
            decoder.decodeList(alertEndpoint, node, of: "endpoints", at: path, Configuration.AlertEndpoint())
            {
                root.alerting.endpoints.append($0)
            }
        },
    ]

    static let alertEndpoint = KeySection<Configuration.AlertEndpoint>(bindings: [
        told.required(
            "name",
            \.name,
            .identifier,
            example: "soc",
            "The endpoint's name, unique."
        ),
        told.key("format", \.format, .choice, "How messages look."),
        told.required(
            "url",
            \.target,
            .target,
            example: "'https://hooks.example.org/riskd'",
            "Where it is; never logged, as it may carry a token."
        ),
        told.key(
            "signing",
            \.signing,
            .choice,
            "How native messages are signed: HMAC-SHA-256 (v1), Ed25519 (v1a), or not at all."
        ),
        told.key(
            "secrets",
            \.secrets,
            ValueType.secretReference.list(of: "places"),
            default: "none, required where messages are signed and for pagerduty",
            example: "[/etc/riskd/credentials/soc-secret]",
            "What messages are signed with, or PagerDuty's routing key; while it is rotated the new one first, then the old."
        ),
        told.key(
            "client_certificate",
            \.clientCertificate,
            ValueType.path("path of a PEM file").optional,
            default: "none",
            example: "/etc/riskd/client.pem",
            "The certificate that riskd shows to receivers that ask for one."
        ),
        told.key(
            "client_key",
            \.clientKey,
            ValueType.secretReference.optional,
            default: "none, required beside client_certificate",
            example: "credential:client-key",
            "The certificate's private key."
        ),
        told.key(
            "trusted_certificates",
            \.trustedCertificates,
            ValueType.path("path of a PEM file").optional,
            default: "the system's",
            example: "/etc/riskd/ca.pem",
            "Certificates that receivers are checked by."
        ),
        told.key(
            "matchers",
            \.matchers,
            ValueType.matcher.list(of: "conditions"),
            "Only alerts that meet all of these are told."
        ),
        told.key(
            "minimum_level",
            \.minimumLevel,
            .choice,
            "Only alerts that have reached this level are told."
        ),
        told.key(
            "types",
            \.types,
            ValueType.choice.list(of: "types"),
            default: "[alert.*, detector.*, ingest.*, calibration.suspect]",
            example: "[alert.firing, alert.resolved, risk.level.changed]",
            "The messages that are wanted."
        ),
        told.key("send_resolved", \.sendsResolved, .boolean, "Whether the end of an alert is told."),
        told.key(
            "group_by",
            \.groupBy,
            ValueType.label.list(of: "labels").optional,
            default: "every alert by itself",
            example: "[alertname, model]",
            "The labels that alerts told of together share; [] is one group of all."
        ),
        told.key(
            "group_wait",
            \.groupWait,
            .duration(.zero ... .seconds(3600)),
            "How long a new group waits for more alerts, and a rising level for others."
        ),
        told.key(
            "group_interval",
            \.groupInterval,
            .duration(.seconds(1) ... .seconds(86_400)),
            "How often a group is looked at for changes."
        ),
        told.key(
            "repeat_interval",
            \.repeatInterval,
            .duration(.seconds(1) ... .seconds(30 * 86_400)),
            "After which time a group that nobody has acknowledged is told again."
        ),
        told.key(
            "concurrency",
            \.concurrency,
            .integer(1...64, unit: "messages"),
            "How many messages may be under way at once; those of one alert go one after the other."
        ),
        told.key("allow_http", \.allowsPlainHTTP, .boolean, "Whether http: is allowed."),
        told.key(
            "allow_networks",
            \.allowedNetworks,
            ValueType.words("a network", note: "ADDRESS/BITS").list(of: "networks"),
            "Networks that riskd may talk to although they are private, such as [10.1.0.0/16]."
        ),
        told.key(
            "allow_ports",
            \.allowedPorts,
            ValueType.integer(1...65_535, unit: "port").list(of: "ports"),
            "Ports that are allowed besides 443 and 8443."
        ),
        told.key(
            "cloudevents",
            \.sendsCloudEvents,
            .boolean,
            "Whether native messages carry CloudEvents headers as well."
        ),
        told.key(
            "template",
            \.template,
            ValueType.path("path of a file").optional,
            default: "none, required where format is template",
            example: "/etc/riskd/message.json",
            "The text that messages of the format template are made from."
        ),
    ])
}
