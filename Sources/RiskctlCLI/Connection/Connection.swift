import Console
import Domain
import WebClient

/// Where riskd is, and as whom it is asked.
struct Connection: Sendable {
    /// Scheme, host and port, without a slash at the end.
    let url: String
    /// `rkd_...`; nil: none is known.
    let token: String?
    /// The path of a file with the authorities to trust; nil: the system's.
    let authorities: String?
    /// How long an answer may take.
    let timeout: Duration

    /// Where riskd listens unless it is told otherwise.
    static let defaultURL = "http://127.0.0.1:9480"

    /// Options that every command has.
    static let flags = [
        Flag(
            "url",
            value: "URL",
            "Where riskd is; else RISKCTL_URL, url of the configuration file, \(defaultURL)",
            values: .nothing
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

    /// What flags, environment and configuration file say, in this order.
    ///
    /// - Parameters:
    ///   - invocation: the command line.
    ///   - environment: the process's variables.
    /// - Throws: `UsageError`, or `CommandFailure` about a file.
    init(_ invocation: Invocation, environment: [String: String]) throws {
        let folder = Self.folder(environment)
        let path = folder.map { $0 + "/config" }
        let text = try path.flatMap { path throws(CommandFailure) in try ProtectedFile.read(path, .trusted) }
        let file = try text.map { text throws(CommandFailure) in try ConnectionFile(text, path: path ?? "") }
        func setting(_ flag: String, _ variable: String, _ key: String) -> String? {
            if let value = invocation.value(flag) { return value }
            if let value = environment[variable], !value.isEmpty { return value }
            return file?.values[key].map { Self.expanded($0, environment) }
        }
        url = try Self.checked(setting("url", "RISKCTL_URL", "url") ?? Self.defaultURL)
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
            throw CommandFailure("\(path) holds no token: expected rkd_..., as riskd token create prints it")
        }
        return token
    }
}

extension Connection {
    init(url: String, token: String?, authorities: String?, timeout: Duration) {
        self.url = url
        self.token = token
        self.authorities = authorities
        self.timeout = timeout
    }
}
