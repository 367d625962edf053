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
                    Flag("out", value: "FILE", "Write the token to a new file that only you can read"),
                ]
            ) { session in try await session.createToken() },
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
        guard let path = invocation.value("out") else {
            terminal.note("token \(made.at("token.token").text), until \(expires); it is shown this once:")
            return terminal.writeLine(secret)
        }
        do throws(CommandFailure) {
            try SecretFile.create(Array("\(secret)\n".utf8), at: path)
        } catch {
            // Nobody knows it: it must not stay valid.
            _ = try await client.ask(.delete, ["tokens", made.at("token.token").text])
            throw CommandFailure("\(error); the token was revoked again")
        }
        terminal.writeLine("token \(made.at("token.token").text), until \(expires), is in \(path)")
    }

    fileprivate func revokeTokens() async throws {
        let known = try await client.get(["tokens"])["items"].elements.filter {
            $0["active"].bool == true
        }
        let meant = try invocation.arguments.map { text in
            guard
                let token = known.first(where: { $0["name"].string == text })
                    ?? known.first(where: { $0["token"].text == text })
            else { throw CommandFailure("there is no token \(text) that works") }
            return token
        }
        let names = meant.compactMap { $0["name"].string }
        try confirm("revoke \(names.joined(separator: ", "))")
        for token in meant {
            _ = try await client.ask(.delete, ["tokens", token["token"].text])
            terminal.writeLine("token \(token["token"].text), \(token["name"].string ?? ""), is revoked")
        }
    }
}
