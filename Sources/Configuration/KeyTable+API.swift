import Domain

extension KeyTable {
    private static let maker = KeyMaker(defaults: Configuration(stateDirectory: "", workers: 1))

    /// `api.*`.
    static let apiKeys: [KeyBinding<Configuration>] = [
        maker.key(
            "api.enabled",
            \.api.isEnabled,
            .boolean,
            "Whether the API and the dashboard are served."
        ),
        maker.key(
            "api.listen",
            \.api.listen,
            .address,
            "Where the API and the dashboard listen; beyond loopback only with TLS. Port 0 takes a free one."
        ),
        maker.key(
            "api.socket",
            \.api.socket,
            ValueType<String>.socket.optional,
            default: "api.sock in $RUNTIME_DIRECTORY, or else in state_directory",
            example: "/run/riskd/api.sock",
            "The Unix socket at which the API listens too: root and riskd's own account ask there without a token. '' is none."
        ),
        maker.key(
            "api.socket_group",
            \.api.socketGroup,
            ValueType.words("a group's name", note: "name of a group").optional,
            default: "none",
            example: "riskd-operators",
            "The group whose members may ask by the socket without a token too."
        ),
        maker.key(
            "api.socket_group_role",
            \.api.socketGroupRole,
            .choice,
            "What the members of api.socket_group may."
        ),
        maker.key(
            "api.certificate",
            \.api.certificate,
            ValueType.path("path of a PEM file").optional,
            default: "none, no TLS",
            example: "/etc/riskd/api.pem",
            "The certificate chain that the API shows, its own certificate first."
        ),
        maker.key(
            "api.key",
            \.api.key,
            ValueType.path("path of a PEM file").optional,
            default: "none, required beside api.certificate",
            example: "/etc/riskd/credentials/api-key.pem",
            "The certificate's private key."
        ),
        maker.key(
            "api.public_url",
            \.api.publicURL,
            ValueType.words("a URL", note: "URL without a path").optional,
            default: "none, browsers come to api.listen itself",
            example: "'https://riskd.example.org'",
            "How browsers reach the dashboard through a proxy: the origin from which they may change something."
        ),
        maker.key(
            "api.hosts",
            \.api.hosts,
            ValueType.words("a name", note: "name without a port").list(of: "names"),
            "Names by which browsers may come, such as [riskd.example.org], besides api.listen, localhost and the host of api.public_url; other Host headers are refused. With a certificate and without names here, the certificate decides."
        ),
        maker.key(
            "api.trusted_proxies",
            \.api.trustedProxies,
            ValueType<String>.addressRange.list(of: "addresses"),
            "Proxies, such as [127.0.0.1], that say where a request comes from; what others say is not read."
        ),
        maker.key(
            "api.proxy_header",
            \.api.proxyHeader,
            .choice,
            "The header in which every one of the proxies does."
        ),
        maker.key(
            "api.connections",
            \.api.connections,
            .integer(1...64, unit: "connections"),
            "Connections to the database that questions share; none of them is the pipeline's."
        ),
        maker.key(
            "api.question_timeout",
            \.api.questionTimeout,
            .duration(.milliseconds(100) ... .seconds(300)),
            "How long the database may take for one question."
        ),
        maker.key(
            "api.requests_per_minute",
            \.api.requestsPerMinute,
            .integer(1...1_000_000, unit: "requests"),
            "How many requests of one token are answered in a minute."
        ),
        maker.key(
            "api.event_clients",
            \.api.eventClients,
            .integer(1...10_000, unit: "streams"),
            "How many dashboards and programs may follow events at once."
        ),
        maker.key(
            "api.session_lifetime",
            \.api.sessionLifetime,
            .duration(.seconds(60) ... .seconds(30 * 86_400)),
            "How long a browser stays signed in."
        ),
        maker.key(
            "api.stale_after",
            \.api.staleAfter,
            .duration(.seconds(5) ... .seconds(30 * 86_400)),
            "After how long without a record the dashboard says that what it shows is stale."
        ),
    ]
}
