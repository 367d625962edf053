import Console
import Domain
import WebClient

/// Where riskd is, and as whom it is asked.
struct Connection: Sendable {
    /// Scheme, host and port, without a slash at the end; by a socket it only names the host.
    let url: String
    /// The absolute path of riskd's Unix socket; nil: it is asked at ``url``.
    let socket: String?
    /// The role in which it is asked by the socket; nil: the usual one.
    let role: String?
    /// `rkd_...`; nil: none is known.
    let token: String?
    /// The path of a file with the authorities to trust; nil: the system's.
    let authorities: String?
    /// How long an answer may take.
    let timeout: Duration

    /// Where riskd listens unless it is told otherwise.
    static let defaultURL = "http://127.0.0.1:9480"

    /// What requests by a socket say of the host.
    static let localURL = "http://localhost"
    /// Where systemd's unit puts riskd's socket, and where a riskd that was started in this folder does.
    static let usualSockets = ["/run/riskd/api.sock", "riskd-state/api.sock"]

    /// Where riskd is, for people.
    var place: String { socket.map { "the socket \($0)" } ?? url }

    /// Options that every command has.
    static let flags = [
        Flag(
            "url",
            value: "URL",
            "Where riskd is; else RISKCTL_URL, url of the configuration file, a usual socket, \(defaultURL)",
            values: .nothing
        ),
        Flag(
            "socket",
            value: "PATH",
            "riskd's Unix socket, which needs no token; else RISKCTL_SOCKET, socket, \(usualSockets.joined(separator: " or "))"
        ),
        Flag(
            "as",
            value: "ROLE",
            "By the socket: in which role you ask; only root and riskd's own account can choose",
            values: .words(roles)
        ),
        Flag(
            "token-file",
            value: "FILE",
            "The file with the token; else RISKCTL_TOKEN_FILE, token_file; - is standard input"
        ),
        Flag(
            "ca-file",
            value: "FILE",
            "A PEM file with the authorities to trust; else RISKCTL_CA_FILE, ca_file, the system's"
        ),
        Flag(
            "timeout",
            value: "DURATION",
            "How long an answer may take, such as 30s; 10s unless given",
            values: .nothing
        ),
    ]

    /// What somebody may be.
    static let roles = ["viewer", "operator", "responder", "admin", "auditor", "scrape"]

    /// What flags, environment and configuration file say, in this order.
    ///
    /// Where nothing says where riskd is, a socket in one of the usual places is taken, if whoever asks may connect or has no
    /// token to ask with elsewhere.
    ///
    /// - Parameters:
    ///   - invocation: the command line.
    ///   - environment: the process's variables.
    ///   - usual: where a socket is looked for.
    /// - Throws: `UsageError`, or `CommandFailure` about a file.
    init(
        _ invocation: Invocation,
        environment: [String: String],
        usual: [String] = usualSockets
    ) throws {
        let folder = Self.folder(environment)
        let path = folder.map { $0 + "/config" }
        let text = try path.flatMap { path throws(CommandFailure) in try ProtectedFile.read(path, .trusted) }
        let file = try text.map { text throws(CommandFailure) in try ConnectionFile(text, path: path ?? "") }
        func setting(_ flag: String, _ variable: String, _ key: String) -> String? {
            if let value = invocation.value(flag) { return value }
            if let value = environment[variable], !value.isEmpty { return value }
            return file?.values[key].map { Self.expanded($0, environment) }
        }
        authorities = setting("ca-file", "RISKCTL_CA_FILE", "ca_file")
        if let path = setting("token-file", "RISKCTL_TOKEN_FILE", "token_file") {
            guard let text = try ProtectedFile.read(path, .secret) else {
                throw CommandFailure("\(path): there is no such file: it should hold the token")
            }
            token = try Self.token(text, path: path)
        } else if let path = folder.map({ $0 + "/token" }), let text = try ProtectedFile.read(path, .secret) {
            token = try Self.token(text, path: path)
        } else {
            token = nil
        }
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let places = [
            ("--url and --socket", invocation.value("url"), invocation.value("socket")),
            ("RISKCTL_URL and RISKCTL_SOCKET", variable("RISKCTL_URL"), variable("RISKCTL_SOCKET")),
            (
                "url and socket of \(path ?? "")", file?.values["url"],
                file?.values["socket"].map { Self.expanded($0, environment) }
            ),
        ]
        let named = places.first { $0.1 != nil || $0.2 != nil }
        if let named, named.1 != nil, named.2 != nil { throw UsageError("\(named.0) exclude each other") }
        if let text = named?.1 {
            (url, socket) = (try Self.checked(text), nil)
        } else if let found = named?.2 ?? ServiceSocket.usual(usual, hasToken: token != nil) {
            (url, socket) = (Self.localURL, ServiceSocket.absolute(found))
        } else {
            (url, socket) = (try Self.checked(Self.defaultURL), nil)
        }
        role = invocation.value("as")
        if let role {
            guard Self.roles.contains(role) else {
                throw UsageError("--as must be one of \(Self.roles.joined(separator: ", ")), got '\(role)'")
            }
            guard socket != nil, token == nil else {
                throw UsageError("--as is for riskd's socket, and not for a token, whose roles are its own")
            }
        }
        guard let typed = invocation.value("timeout") else {
            timeout = .seconds(10)
            return
        }
        guard let duration = Duration(text: typed), duration > .zero else {
            throw UsageError("--timeout must be a duration such as 30s, got '\(typed)'")
        }
        timeout = duration
    }

    /// Where the user's files for riskctl are; nil where no directory is known.
    static func folder(_ environment: [String: String]) -> String? {
        if let home = environment["XDG_CONFIG_HOME"], home.hasPrefix("/") { return home + "/riskctl" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.config/riskctl"
    }

    private static func expanded(_ text: String, _ environment: [String: String]) -> String {
        guard text.hasPrefix("~/"), let home = environment["HOME"] else { return text }
        return home + text.dropFirst()
    }

    /// An address that a token may be sent to: https, or the loopback address.
    private static func checked(_ text: String) throws(UsageError) -> String {
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        let url: EndpointURL
        do throws(WebError) {
            url = try EndpointURL(trimmed, policy: .init(ports: nil, allowsPlainHTTP: true))
        } catch {
            throw UsageError("the address of riskd cannot be used: \(error)")
        }
        guard trimmed.split(separator: "/", omittingEmptySubsequences: false).count == 3,
            !trimmed.contains("?"), !trimmed.contains("#")
        else {
            throw UsageError(
                "the address of riskd is a scheme, a host and a port, such as https://riskd.example.org"
            )
        }
        guard
            url.scheme == "https" || url.host == "localhost" || url.host == "::1"
                || url.host.hasPrefix("127.")
        else {
            throw UsageError(
                "\(url.host) would get the token without encryption: use https (http is for the loopback address only)"
            )
        }
        return trimmed
    }

    private static func token(_ text: String, path: String) throws(CommandFailure) -> String {
        let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard token.hasPrefix("rkd_"), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CommandFailure(
                "\(path) holds no token: expected rkd_..., as riskctl token create prints it"
            )
        }
        return token
    }
}

extension Connection {
    init(
        url: String,
        socket: String? = nil,
        role: String? = nil,
        token: String?,
        authorities: String?,
        timeout: Duration
    ) {
        self.url = url
        self.socket = socket
        self.role = role
        self.token = token
        self.authorities = authorities
        self.timeout = timeout
    }
}
