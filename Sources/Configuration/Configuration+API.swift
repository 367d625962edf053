package import Domain

extension Configuration {
    /// `api.*`.
    package struct API: Hashable, Sendable {
        /// Whether there is one.
        package var isEnabled = true
        package var listen = Address(host: "127.0.0.1", port: 9480)
        /// The path of the Unix socket at which it listens too; empty: none; nil: the usual place.
        package var socket: String?
        /// The group whose members may ask by the socket; nil: none.
        package var socketGroup: String?
        /// What they may.
        package var socketGroupRole = Role.operator
        /// `$RUNTIME_DIRECTORY`, the usual place's folder; nil: the state directory.
        package var runtimeDirectory: String?
        /// The path of its certificate chain, PEM; nil: no TLS.
        package var certificate: String?
        /// The path of the certificate's private key, PEM.
        package var key: String?
        /// How browsers reach it through a proxy, such as `https://riskd.example.org`.
        package var publicURL: String?
        /// Further names by which browsers may come, without ports.
        package var hosts: [String] = []
        /// Addresses and networks of the proxies whose word counts on where a request comes from.
        package var trustedProxies: [String] = []
        /// The header that the proxies add to.
        package var proxyHeader = ProxyHeader.xForwardedFor
        /// Connections to the database that requests share.
        package var connections = 4
        /// How long the database may take for one question.
        package var questionTimeout = Duration.seconds(5)
        /// Requests of one token a minute.
        package var requestsPerMinute = 600
        /// Streams of events at once.
        package var eventClients = 64
        /// How long a browser stays signed in.
        package var sessionLifetime = Duration.seconds(12 * 3600)
        /// After how long without a record the dashboard is loud.
        package var staleAfter = Duration.seconds(300)

        /// Where a proxy writes down whom it speaks for.
        package enum ProxyHeader: String, Hashable, Sendable, CaseIterable {
            /// `X-Forwarded-For`.
            case xForwardedFor = "x-forwarded-for"
            /// `Forwarded` (RFC 7239).
            case forwarded
        }

        /// Whether browsers come by TLS, here or at a proxy.
        package var isEncrypted: Bool { certificate != nil || publicURL?.hasPrefix("https://") == true }

        /// What links for people begin with.
        package var link: String { publicURL ?? "\(certificate == nil ? "http" : "https")://\(listen)" }
    }
}

extension Configuration {
    /// The path of the API's Unix socket; nil where there shall be none.
    package var socketPath: String? {
        guard api.isEnabled, api.socket != "" else { return nil }
        return api.socket ?? (api.runtimeDirectory ?? stateDirectory) + "/api.sock"
    }
}
