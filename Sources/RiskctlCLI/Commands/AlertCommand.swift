import Console
import Runtime
import WebClient

extension Command {
    /// `riskctl alert`: what somebody must look at.
    static let alert = Command(
        "alert",
        "Look at alerts and work on them",
        commands: [
            alerts("list", ["ls"]),
            .asking(
                "show",
                "One alert: why, since when, who did what, what would clear it",
                arguments: [.alert],
                flags: [OutputFormat.flag]
            ) { session in try await session.describeAlert(session.invocation.arguments[0]) },
            .asking(
                "chain",
                "The queries behind an alert, in their order",
                arguments: [.alert],
                flags: [Flag.limit, Flag.all, OutputFormat.flag]
            ) { session in
                let id = try await session.alert(session.invocation.arguments[0])
                try await session.write(.chain(["alerts", id, "chain"]))
            },
            .asking(
                "deliveries",
                "Which messages told of an alert, to whom, and whether they arrived",
                arguments: [.alert],
                flags: [.watch, OutputFormat.flag]
            ) { session in
                try await session.write(
                    .deliveries(of: try await session.alert(session.invocation.arguments[0]))
                )
            },
            acting("ack", ["acknowledge"], "Say that you look at it", "acknowledge", "acknowledged"),
            acting(
                "assign",
                [],
                "Say who looks after it",
                "assign",
                "assigned",
                flags: [Flag("to", value: "NAME", "Who; nobody unless given", values: .nothing)]
            ),
            acting("note", [], "Write down what was found out", "note", "noted"),
            acting(
                "confirm",
                [],
                "Confirm an attack: the level is pinned (needs responder)",
                "confirm",
                "confirmed"
            ),
            acting(
                "resolve",
                [],
                "Close it with a verdict",
                "resolve",
                "resolved",
                flags: [Flag("verdict", "What it was", choices: ["attack", "benign", "test", "unknown"])]
            ),
            acting("reopen", [], "Open it again", "reopen", "reopened"),
        ]
    )

    static func alerts(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Alerts: what is not resolved, unacknowledged first, then by level and age",
            aliases: aliases,
            flags: [
                Flag(
                    "state",
                    "Only these; unresolved unless given",
                    choices: ["open", "acknowledged", "resolved", "unresolved", "all"]
                ),
                Flag("sort", "queue unless given", choices: ["queue", "newest"]), .level,
                Flag("entity", value: "ENTITY", "Only those about it", values: .asked(Known.entities)),
                .model,
                Flag("assignee", value: "NAME", "Only those that NAME looks after", values: .nothing),
                Flag("unjudged", "Only those without a verdict"), .since, .until, .watch,
            ] + Flag.paging
        ) { session in
            let invocation = session.invocation
            try await session.write(
                .alerts,
                [
                    "state": invocation.value("state"), "sort": invocation.value("sort"),
                    "level": try invocation.level(), "entity": try await session.entity("entity"),
                    "model": invocation.value("model"), "assignee": invocation.value("assignee"),
                    "unjudged": invocation.has("unjudged") ? "true" : nil,
                    "since": try session.time("since"), "until": try session.time("until"),
                ]
            )
        }
    }

    private static func acting(
        _ name: String,
        _ aliases: [String],
        _ summary: String,
        _ kind: String,
        _ done: String,
        flags: [Flag] = []
    ) -> Command {
        Command(
            name,
            summary,
            aliases: aliases,
            arguments: [
                Argument(
                    "ALERT",
                    "An id, or a unique beginning of one",
                    count: 1...1000,
                    values: .asked(Known.alerts)
                )
            ],
            flags: flags + [
                Flag("note", value: "TEXT", "What else there is to say", values: .nothing), OutputFormat.flag,
            ]
        ) { invocation in
            if kind == "resolve", invocation.value("verdict") == nil {
                throw UsageError("expected --verdict attack, benign, test or unknown")
            }
            if kind == "note", invocation.value("note") == nil { throw UsageError("expected --note TEXT") }
            return try await Session(invocation).act(kind, done)
        }
    }
}

extension Argument {
    static let alert = Argument("ALERT", "An id, or a unique beginning of one", values: .asked(Known.alerts))
}

extension Session {
    /// The alert whose id begins so.
    func alert(_ text: String) async throws -> String {
        let id = text.uppercased()
        if id.count == 26 { return id }
        guard !id.isEmpty else { throw UsageError("expected an alert's id") }
        let found = try await client.list(["alerts"], ["state": "all", "sort": "newest"], limit: 10_000).items
            .compactMap { $0["alert"].string }.filter { $0.hasPrefix(id) }
        guard let first = found.first else { throw CommandFailure("no alert's id begins with \(text)") }
        guard found.count == 1 else {
            throw CommandFailure(
                "\(found.count) alerts begin with \(text): \(found.prefix(5).joined(separator: ", "))"
            )
        }
        return first
    }

    /// Does something to each of the alerts that are named; the worst outcome counts.
    fileprivate func act(_ kind: String, _ done: String) async throws -> ExitCode {
        var code = ExitCode.ok
        var members: [JSONValue.Member] = [.init("kind", .string(kind))]
        for name in ["note", "verdict"] {
            if let value = invocation.value(name) { members.append(.init(name, .string(value))) }
        }
        if let name = invocation.value("to") { members.append(.init("assignee", .string(name))) }
        var report = Report([.init("alert"), .init("outcome"), .init("detail")])
        for text in invocation.arguments {
            do {
                let id = try await alert(text)
                let outcome = try await client.ask(.post, ["alerts", id, "actions"], body: .object(members))
                let refusal = outcome["refusal"].string
                let effect = outcome["effect"].string.map { "its evidence: \($0)" } ?? ""
                let word =
                    refusal != nil
                    ? "refused" : outcome["applied"].bool == true ? done : "waits to be applied"
                if refusal != nil { code = .error }
                let more: [JSONValue.Member] = if case .object(let members) = outcome { members } else { [] }
                report.append(
                    [.string(id), .string(word), .string(refusal ?? effect)],
                    whole: .object([.init("alert", .string(id))] + more)
                )
            } catch let error as ClientError where error.status == 404 || error.status == 409 {
                terminal.writeError("\(text): \(error)")
                code = .error
            } catch let error as CommandFailure {
                terminal.writeError(error.description)
                code = .error
            }
        }
        if format == .table {
            for row in report.rows {
                let detail = row[2].string.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
                terminal.writeLine("\(row[0].string ?? "") \(row[1].string ?? "")\(detail)")
            }
        } else {
            report.write(to: terminal, as: format)
        }
        return code
    }
}
