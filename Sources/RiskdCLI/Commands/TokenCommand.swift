import APIHandlers
import Configuration
import Console
import Domain
import HTTPAPI
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd token`: who may use the API and the dashboard.
    static let token = Command(
        "token",
        "Make, list and revoke tokens, by which callers of the API are known",
        commands: [
            Command(
                "create",
                "Make a token, which is shown this once",
                discussion: """
                    Roles: viewer sees levels, series and alerts; operator also acts on alerts, silences for 24 h at most and \
                    reveals images; responder also confirms attacks and silences for longer; admin runs endpoints and \
                    tokens and sees no image; auditor reads everything and changes nothing; scrape reads metrics. \
                    There is no token until one is made here.
                    """,
                arguments: [Argument("NAME", "What ledgers are to call whoever uses it")],
                flags: [
                    Flag(
                        "role",
                        value: "ROLE",
                        "What it allows: viewer, operator, responder, admin, auditor or scrape; may be given again",
                        isRepeatable: true
                    ),
                    Flag("days", value: "COUNT", "How long it works, 365 at most; 90 unless given"),
                    Flag("link", "Print a one-time login link too"),
                    Flag(
                        "out",
                        value: "FILE",
                        "Write the token to a new file that only you can read, for riskctl"
                    ),
                    .actor, .config, .set,
                ],
                run: createToken
            ),
            Command(
                "list",
                "List tokens, without what is secret of them",
                flags: [.config, .set, OutputFormat.flag, Flag("all", "Revoked and expired ones too")],
                run: listTokens
            ),
            Command(
                "revoke",
                "Revoke tokens, and every session that began with them",
                arguments: [Argument("NAME", "A token's name or number", count: 1...100)],
                flags: [.actor, .config, .set],
                run: revokeTokens
            ),
            Command(
                "link",
                "Print a link by which a browser is signed in once, within some minutes",
                arguments: [Argument("NAME", "The token whose name and roles the session has")],
                flags: [
                    Flag("minutes", value: "COUNT", "How long it works, 60 at most; 10 unless given"), .actor,
                    .config, .set,
                ],
                run: printLink
            ),
        ]
    )

    private static let createToken: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let roles = invocation.values("role")
        guard !roles.isEmpty else { throw UsageError("expected --role with what it allows") }
        guard let days = Int(invocation.value("days") ?? "90") else {
            throw UsageError("--days must be a number")
        }
        let request: TokenRequest
        do throws(APIFailure) {
            request = try TokenRequest.checked(name: invocation.arguments[0], roles: roles, days: days)
        } catch {
            throw UsageError(error.faults.map { "\($0.field) \($0.message)" }.joined(separator: "; "))
        }
        let actor = try invocation.actor()
        return try await invocation.withStore { store, configuration in
            try await store.migrate()
            let secret = SecretText.token
            let made = try await store.create(request.token(secret, now: .now), by: actor, at: .now)
            guard let made else {
                throw CommandFailure(
                    "there is a token \(invocation.arguments[0]) already: riskd token revoke \(invocation.arguments[0])"
                )
            }
            if let path = invocation.value("out") {
                do throws(CommandFailure) {
                    try SecretFile.create(Array("\(secret.text)\n".utf8), at: path)
                } catch {
                    // Nobody knows it: it must not stay valid.
                    _ = try await store.revokeToken(made.id, by: actor, at: .now)
                    throw CommandFailure("\(error); the token was revoked again")
                }
                invocation.terminal.writeLine("token \(made.id), until \(made.expires), is in \(path)")
            } else {
                invocation.terminal.note("token \(made.id), until \(made.expires); it is shown this once:")
                invocation.terminal.writeLine(secret.text)
            }
            if invocation.has("link") {
                let link = try await link(made, store, configuration, by: actor, minutes: 10)
                invocation.terminal.writeLine(link)
            }
            return .ok
        }
    }

    private static let listTokens: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        try await invocation.withStore { store, _ in
            let now = Timestamp.now
            var report = Report([
                .init("id", isNumeric: true), .init("name"), .init("roles"), .init("state"), .init("expires"),
                .init("last_used"), .init("created"), .init("by"),
            ])
            for token in try await store.tokens() where token.isActive(at: now) || invocation.has("all") {
                let state = token.revoked != nil ? "revoked" : token.isActive(at: now) ? "active" : "expired"
                report.append([
                    .integer(token.id), .string(token.name),
                    .string(token.roles.map(\.rawValue).joined(separator: " ")), .string(state),
                    .string(token.expires.description), optional(token.lastUsed?.description),
                    .string(token.created.description), .string(token.createdBy),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }

    private static let revokeTokens: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let actor = try invocation.actor()
        return try await invocation.withStore { store, _ in
            var code = ExitCode.ok
            for text in invocation.arguments {
                let token = try await store.workingToken(text)
                if let token, try await store.revokeToken(token.id, by: actor, at: .now) {
                    invocation.terminal.writeLine("token \(token.id), \(token.name), is revoked")
                } else {
                    invocation.terminal.writeError("there is no token \(printable(text)) that works")
                    code = .error
                }
            }
            return code
        }
    }

    private static let printLink: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        guard let minutes = Int(invocation.value("minutes") ?? "10"), (1...60).contains(minutes) else {
            throw UsageError("--minutes must be between 1 and 60")
        }
        let actor = try invocation.actor()
        return try await invocation.withStore { store, configuration in
            guard let token = try await store.workingToken(invocation.arguments[0]) else {
                throw CommandFailure("there is no token \(printable(invocation.arguments[0])) that works")
            }
            let link = try await link(token, store, configuration, by: actor, minutes: minutes)
            invocation.terminal.writeLine(link)
            return .ok
        }
    }

    private static func link(
        _ token: StoredToken,
        _ store: Store,
        _ configuration: Configuration,
        by actor: String,
        minutes: Int
    ) async throws -> String {
        let code = SecretText.code
        let now = Timestamp.now
        let end = now + .seconds(minutes * 60)
        try await store.addLink(hash: code.hash, token: token, expires: end, by: actor, at: now)
        // In the fragment, which browsers send to nobody and which no log shows.
        return "\(configuration.api.link)/login#code=\(code.text)"
    }
}

extension Store {
    /// The token that works and that somebody means by its name or number.
    fileprivate func workingToken(_ text: String) async throws -> StoredToken? {
        let now = Timestamp.now
        let tokens = try await tokens().filter { $0.isActive(at: now) }
        return tokens.first { $0.name == text } ?? tokens.first { String($0.id) == text }
    }
}
