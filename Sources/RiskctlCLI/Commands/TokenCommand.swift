import Console
import Runtime
import WebClient

extension Command {
    /// `riskctl token`: who may use the API.
    static let token = Command(
        "token",
        "Make, list and revoke tokens",
        commands: [
            tokens("list", ["ls"]),
            .asking(
                "create",
                "Make a token, which is told this once (needs admin)",
                arguments: [Argument("NAME", "What ledgers are to call whoever uses it", values: .nothing)],
                flags: [
                    Flag(
                        "role",
                        "What it allows",
                        choices: ["viewer", "operator", "responder", "admin", "auditor", "scrape"],
                        isRepeatable: true
                    ),
                    Flag(
                        "days",
                        value: "COUNT",
                        "How long it works, 365 at most; 90 unless given",
                        values: .nothing
                    ),
                    Flag("link", "Print a one-time login link for a browser too"),
                    Flag("out", value: "FILE", "Write the token to a new file that only you can read"),
                ]
            ) { session in try await session.createToken() },
            .asking(
                "link",
                "Print a link by which a browser is signed in once, within some minutes (needs admin)",
                arguments: [
                    Argument(
                        "TOKEN",
                        "The token whose name and roles the session has; its name or number",
                        values: .asked(Known.tokens)
                    )
                ],
                flags: [
                    Flag(
                        "minutes",
                        value: "COUNT",
                        "How long it works, 60 at most; 10 unless given",
                        values: .nothing
                    )
                ]
            ) { session in
                let minutes = try session.invocation.number("minutes", 10, in: 1...60)
                let known = try await session.workingTokens()
                let token = try session.token(session.invocation.arguments[0], of: known)
                try await session.writeLink(of: token, minutes: minutes)
            },
            .asking(
                "revoke",
                "Revoke tokens, and every session that began with them (needs admin)",
                arguments: [
                    Argument(
                        "TOKEN",
                        "A token's name or number",
                        count: 1...100,
                        values: .asked(Known.tokens)
                    )
                ],
                flags: [.yes]
            ) { session in try await session.revokeTokens() },
        ]
    )

    static func tokens(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Tokens, without what is secret of them (needs admin or auditor)",
            aliases: aliases,
            flags: [OutputFormat.flag]
        ) { session in try await session.write(.tokens) }
    }
}

extension Session {
    fileprivate func createToken() async throws {
        let roles = invocation.values("role")
        guard !roles.isEmpty else { throw UsageError("expected --role with what it allows") }
        let days = try invocation.number("days", 90, in: 1...365)
        let body: JSONValue = .object([
            "name": .string(invocation.arguments[0]), "roles": .array(roles.map { .string($0) }),
            "days": .integer(Int64(days)),
        ])
        let made = try await client.ask(.post, ["tokens"], body: body)
        guard let secret = made["secret"].string else {
            throw ClientError.notUnderstood("the token is missing")
        }
        let expires = made.at("token.expires_at").string ?? ""
        let number = made.at("token.token").text
        if let path = invocation.value("out") {
            do throws(CommandFailure) {
                try SecretFile.create(Array("\(secret)\n".utf8), at: path)
            } catch {
                // Nobody knows it: it must not stay valid.
                _ = try await client.ask(.delete, ["tokens", number])
                throw CommandFailure("\(error); the token was revoked again")
            }
            terminal.writeLine("token \(number), until \(expires), is in \(path)")
        } else {
            terminal.note("token \(number), until \(expires); it is shown this once:")
            terminal.writeLine(secret)
        }
        if invocation.has("link") { try await writeLink(of: made["token"], minutes: 10) }
    }

    fileprivate func writeLink(of token: JSONValue, minutes: Int) async throws {
        let link = try await client.ask(
            .post,
            ["tokens", token["token"].text, "links"],
            body: .object(["minutes": .integer(Int64(minutes))])
        )
        guard let url = link["url"].string else { throw ClientError.notUnderstood("the link is missing") }
        terminal.writeLine(url)
    }

    fileprivate func workingTokens() async throws -> [JSONValue] {
        try await client.get(["tokens"])["items"].elements.filter { $0["active"].bool == true }
    }

    /// The token that somebody means by its name or number.
    fileprivate func token(_ text: String, of known: [JSONValue]) throws(CommandFailure) -> JSONValue {
        guard
            let token = known.first(where: { $0["name"].string == text })
                ?? known.first(where: { $0["token"].text == text })
        else { throw CommandFailure("there is no token \(text) that works") }
        return token
    }

    fileprivate func revokeTokens() async throws {
        let known = try await workingTokens()
        let meant = try invocation.arguments.map { try token($0, of: known) }
        let names = meant.compactMap { $0["name"].string }
        try confirm("revoke \(names.joined(separator: ", "))")
        for token in meant {
            _ = try await client.ask(.delete, ["tokens", token["token"].text])
            terminal.writeLine("token \(token["token"].text), \(token["name"].string ?? ""), is revoked")
        }
    }
}
