import Alerting
import Configuration
import Console
import Domain
import Glibc
import Notifying
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd alert`: what somebody must look at.
    static let alert = Command(
        "alert",
        "Show alerts and say what was done about them",
        commands: [
            Command(
                "list",
                "List alerts, newest first; those that are not resolved unless --all",
                flags: [
                    .config, .set, .since, .until, OutputFormat.flag,
                    Flag("all", "Resolved ones too"),
                    Flag("state", "Only those in this state", choices: AlertState.allCases.map(\.rawValue)),
                    Flag(
                        "level",
                        "Only those that reached this level",
                        choices: Level.allCases.dropFirst().map(\.description)
                    ),
                    Flag("entity", value: "ENTITY", "Only those of this entity, such as user:fashion/u-1"),
                    Flag("model", value: "NAME", "Only those on this model"),
                    Flag("assignee", value: "NAME", "Only those that NAME looks after"),
                    Flag("unjudged", "Only those without a verdict, resolved ones too"),
                    Flag("limit", value: "COUNT", "At most COUNT alerts; 100 unless given"),
                ],
                run: listAlerts
            ),
            Command(
                "show",
                "Show an alert: why, since when, who did what, and who was told",
                arguments: [.alert],
                flags: [
                    .config, .set,
                    Flag("output", short: "o", "How it is printed", choices: ["table", "json"]),
                ],
                run: showAlert
            ),
            acting("ack", "Say that you look at alerts") { id, _ in .acknowledge(id) },
            acting(
                "assign",
                "Say who looks after alerts",
                flags: [
                    Flag("to", value: "NAME", "Who"), Flag("nobody", "Take them away from whoever has them"),
                ]
            ) { id, invocation in
                guard invocation.has("nobody") != (invocation.value("to") != nil) else {
                    throw UsageError("expected either --to NAME or --nobody")
                }
                return .assign(id, to: invocation.value("to"))
            },
            acting("note", "Write something down", flags: []) { id, invocation in
                guard invocation.value("note")?.isEmpty == false else {
                    throw UsageError("expected --note TEXT")
                }
                return .note(id)
            },
            acting(
                "confirm",
                "Say that alerts are attacks without closing them: their levels are pinned until then"
            ) { id, _ in .confirm(id) },
            acting(
                "resolve",
                "Close alerts with a verdict; of closed ones, change it",
                discussion: """
                    benign and test set the evidence of the alert's entity to nothing. attack and unknown leave it: it fades \
                    as always, and alerts again when it stands as high alerting.reopen_within later. A pinned level may \
                    fall again.
                    """,
                flags: [
                    Flag("verdict", "What it was found to be", choices: Verdict.allCases.map(\.rawValue))
                ]
            ) { id, invocation in
                guard let verdict = invocation.value("verdict").flatMap(Verdict.init) else {
                    throw UsageError("expected --verdict attack, benign, test or unknown")
                }
                return .resolve(id, verdict)
            },
            acting("reopen", "Open alerts again") { id, _ in .reopen(id) },
        ]
    )

    /// A command that asks for the same to be done to every alert that it names.
    private static func acting(
        _ name: String,
        _ summary: String,
        discussion: String = "",
        flags: [Flag] = [],
        _ kind: @escaping @Sendable (AlertID, Invocation) throws -> AlertAction.Kind
    ) -> Command {
        Command(
            name,
            summary,
            discussion: discussion,
            arguments: [
                Argument("ALERT", "An alert's id, or as much of its beginning as is unique", count: 1...1000)
            ],
            flags: flags + [
                Flag("note", value: "TEXT", "Why, for those who read it later"), .actor, .config, .set,
            ]
        ) { invocation in
            let actor = try invocation.actor()
            // What the command line lacks is said before the database is looked for.
            _ = try kind(AlertID(ULID(time: .now, digest: [UInt8](repeating: 0, count: 10))), invocation)
            return try await invocation.withStore { store, configuration in
                var requests: [(id: AlertID, action: Int64)] = []
                for text in invocation.arguments {
                    let alert = try await store.alert(named: text)
                    let kind = try kind(alert.snapshot.id, invocation)
                    let note = invocation.value("note") ?? ""
                    let action = try await store.request(kind, by: actor, note: note, at: .now)
                    requests.append((alert.snapshot.id, action))
                }
                let queue = ActionQueue(store, configuration)
                let outcomes = try await queue.wait(for: requests.map(\.action))
                var code = ExitCode.ok
                for (request, outcome) in zip(requests, outcomes) {
                    switch outcome {
                    case nil:
                        invocation.terminal.note(
                            "\(request.id): waits for the running riskd, which has not done it yet"
                        )
                    case let outcome?:
                        if let refusal = outcome.refusal {
                            invocation.terminal.writeError("\(request.id): \(refusal)")
                            code = .error
                        } else {
                            invocation.terminal.writeLine("\(request.id): \(done(outcome, name))")
                        }
                    }
                }
                return code
            }
        }
    }

    private static func done(_ outcome: AppliedAction, _ name: String) -> String {
        let effect: String
        switch outcome.intervention {
        case .reset: effect = "; the evidence was set to nothing"
        case .pin: effect = "; the level is pinned"
        case .unpin: effect = "; the level is not pinned any more"
        case nil: effect = ""
        }
        let words = [
            "ack": "acknowledged", "assign": "assigned", "note": "noted", "confirm": "confirmed as an attack",
            "resolve": "resolved", "reopen": "reopened",
        ]
        return (words[name] ?? name) + effect
    }

    private static let listAlerts: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let (since, until) = try invocation.period()
        guard let limit = Int(invocation.value("limit") ?? "100"), (1...1_000_000).contains(limit) else {
            throw UsageError("--limit must be between 1 and 1000000")
        }
        return try await invocation.withStore { store, _ in
            var filter = AlertFilter(limit: limit + 1)
            filter.since = since
            filter.until = until
            filter.isUnjudged = invocation.has("unjudged")
            if let state = invocation.value("state").flatMap(AlertState.init) {
                filter.states = [state]
            } else if !invocation.has("all"), !filter.isUnjudged {
                filter.states = [.open, .acknowledged]
            }
            filter.minimumLevel = Level.allCases.first { $0.description == invocation.value("level") }
            filter.model = invocation.value("model").map { ModelID($0) }
            filter.assignee = invocation.value("assignee")
            if let text = invocation.value("entity") {
                filter.subject = .entity(try await store.entity(named: text))
            }
            let alerts = try await store.alerts(filter)
            let silences = try await store.silences(notOverAt: .now)
            var report = Report([
                .init("id"), .init("state"), .init("level"), .init("score", isNumeric: true),
                .init("subject"), .init("model"), .init("since"), .init("until"), .init("assignee"),
                .init("verdict"), .init("silenced"), .init("why"),
            ])
            for alert in alerts.prefix(limit) {
                report.append(AlertText(alert.snapshot).row(silences: silences, now: .now))
            }
            report.write(to: invocation.terminal, as: invocation.format)
            if alerts.isEmpty { invocation.terminal.note("there are no such alerts") }
            if alerts.count > limit { invocation.terminal.note("there are more: raise --limit") }
            return .ok
        }
    }

    private static let showAlert: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        try await invocation.withStore { store, _ in
            let alert = try await store.alert(named: invocation.arguments[0])
            let id = alert.snapshot.id
            let page = AlertPage(
                alert: alert,
                events: try await store.alertEvents(of: id),
                messages: try await store.outbox(telling: id, limit: 1000).reversed(),
                silences: try await store.silences(notOverAt: .now).filter { $0.matches(alert.snapshot) }
            )
            if invocation.format == .json {
                invocation.terminal.write(page.json.prettyText + "\n")
            } else {
                page.write(to: invocation.terminal)
            }
            return .ok
        }
    }
}

extension Argument {
    fileprivate static let alert = Argument(
        "ALERT",
        "An alert's id, or as much of its beginning as is unique"
    )
}

extension Flag {
    static let actor = Flag("as", value: "NAME", "In whose name; yours unless given")
}

extension Invocation {
    /// Who acts: `--as`, else the user who runs this.
    func actor() throws(UsageError) -> String {
        if let name = value("as") {
            guard !name.isEmpty, name.utf8.count <= 256, name != Alert.riskd else {
                throw UsageError("'\(name)' cannot be who acts")
            }
            return name
        }
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else {
            return "uid \(getuid())"
        }
        return String(cString: name)
    }
}

extension Store {
    /// The alert whose id begins with what somebody typed.
    func alert(named text: String) async throws -> Alert {
        let prefix = text.uppercased()
        let found = try await alerts(startingWith: prefix)
        guard let alert = found.first, !prefix.isEmpty else {
            throw CommandFailure("there is no alert \(printable(text)); riskd alert list --all shows them")
        }
        guard found.count == 1 else {
            throw CommandFailure("several alerts begin with \(prefix): type more of the id")
        }
        return alert
    }
}
