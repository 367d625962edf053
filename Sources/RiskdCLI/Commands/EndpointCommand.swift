import Alerting
import Configuration
import Console
import Domain
import Notifying
import Pipeline
import RiskdDaemon
import Runtime
import Storage

extension Command {
    /// `riskd endpoint`: who is told.
    static let endpoint = Command(
        "endpoint",
        "Show who is told of alerts, and whether messages arrive",
        commands: [
            Command(
                "list",
                "List the configured endpoints, and how they do",
                flags: [.config, .set, OutputFormat.flag],
                run: listEndpoints
            ),
            Command(
                "attempts",
                "List attempts to deliver messages, newest first",
                arguments: [.endpoint(0...1)],
                flags: [
                    .config, .set, OutputFormat.flag,
                    Flag("message", value: "ID", "Only those with this message"),
                    Flag("limit", value: "COUNT", "At most COUNT attempts; 100 unless given"),
                ],
                run: listAttempts
            ),
            Command(
                "resend",
                "Send messages again, under the same ids, whatever became of them",
                arguments: [.endpoint(1...1)],
                flags: [Flag.since, .config, .set]
            ) { invocation in
                guard let since = try invocation.period().since else {
                    throw UsageError("expected --since with a time such as -1h")
                }
                return try await invocation.withStore { store, configuration in
                    let name = try configuration.endpoint(invocation.arguments[0])
                    let count = try await store.resendMessages(of: name, since: since, now: .now)
                    invocation.terminal.writeLine("\(count) messages are sent again")
                    return .ok
                }
            },
            Command(
                "test",
                "Send a test message to an endpoint now, signed like any other",
                discussion: "One that takes it is verified: messages that waited for that are sent.",
                arguments: [.endpoint(1...1)],
                flags: [.config, .set],
                run: testEndpoint
            ),
            .rotateSecret,
            switching("enable", "Deliver to an endpoint again", true),
            switching("disable", "Stop deliveries to an endpoint; its messages wait", false),
        ]
    )

    private static let testEndpoint: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let configuration = try invocation.configuration()
        let name = try configuration.endpoint(invocation.arguments[0])
        let (receipt, identity) = try await DeliveryRoutes.test(name, configuration)
        let status = receipt.status.map { " with status \($0)" } ?? ""
        let detail = receipt.detail.isEmpty ? "" : ": \(receipt.detail)"
        invocation.terminal.writeLine("\(name): \(receipt.outcome.rawValue)\(status)\(detail)")
        guard receipt.outcome == .delivered else { return .error }
        if try !DatabaseAccess.isMissing(configuration) {
            try await invocation.withStore { store, _ in
                guard try await store.schemaVersion() == Store.newestSchema else { return }
                try await store.verify(name, as: identity, at: .now)
            }
        }
        return .ok
    }

    private static func switching(_ name: String, _ summary: String, _ isEnabled: Bool) -> Command {
        Command(
            name,
            summary,
            arguments: [.endpoint(1...1)],
            flags: [Flag("reason", value: "TEXT", "Why"), .actor, .config, .set]
        ) { invocation in
            let actor = try invocation.actor()
            return try await invocation.withStore { store, configuration in
                let endpoint = try configuration.endpoint(invocation.arguments[0])
                let changed = try await store.setEndpoint(
                    endpoint,
                    isEnabled: isEnabled,
                    reason: invocation.value("reason") ?? "",
                    by: actor,
                    at: .now
                )
                invocation.terminal.writeLine(
                    "\(endpoint) \(changed ? "is" : "was already") \(isEnabled ? "enabled" : "disabled")"
                )
                return .ok
            }
        }
    }

    private static let listEndpoints: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        try await invocation.withStore { store, configuration in
            let statuses = try await store.endpointStatuses()
            var report = Report([
                .init("name"), .init("format"), .init("target"), .init("state"), .init("reason"),
                .init("pending", isNumeric: true), .init("oldest"), .init("delivered", isNumeric: true),
                .init("failing_since"), .init("last_attempt"), .init("outcome"),
            ])
            for endpoint in configuration.alerting.endpoints {
                let status = statuses.first { $0.name == endpoint.name }
                let isEnabled = status?.state.isEnabled ?? true
                let isVerified = status?.isVerified ?? false
                var reason = ""
                if case .disabled(let text, _) = status?.state { reason = text }
                report.append([
                    .string(endpoint.name), .string(endpoint.format.rawValue),
                    .string(endpoint.target.redacted),
                    .string(!isEnabled ? "disabled" : isVerified ? "enabled" : "not verified"),
                    .string(reason),
                    .integer(Int64(status?.pending ?? 0)),
                    optional(status?.oldest?.description),
                    .integer(Int64(status?.delivered ?? 0)),
                    optional(status?.failingSince?.description),
                    optional(status?.lastAttempt?.startedAt.description),
                    optional(status?.lastAttempt.map(outcome)),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            if configuration.alerting.endpoints.isEmpty {
                invocation.terminal.note("alerting.endpoints is empty: nobody is told of alerts")
            }
            let configured = Set(configuration.alerting.endpoints.map(\.name))
            for status in statuses where !configured.contains(status.name) && status.pending > 0 {
                invocation.terminal.note(
                    "\(status.name) is not configured any more, and \(status.pending) messages wait for it"
                )
            }
            return .ok
        }
    }

    private static func outcome(_ attempt: DeliveryAttempt) -> String {
        attempt.outcome.rawValue + (attempt.status.map { " \($0)" } ?? "")
    }

    private static let listAttempts: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        guard let limit = Int(invocation.value("limit") ?? "100"), (1...1_000_000).contains(limit) else {
            throw UsageError("--limit must be between 1 and 1000000")
        }
        let message = try invocation.value("message").map { text throws(UsageError) in
            guard let id = MessageID(text) else { throw UsageError("'\(text)' is no message id") }
            return id
        }
        return try await invocation.withStore { store, _ in
            let attempts = try await store.attempts(
                at: invocation.arguments.first,
                with: message,
                limit: limit
            )
            var report = Report([
                .init("started"), .init("endpoint"), .init("message"), .init("number", isNumeric: true),
                .init("outcome"), .init("status", isNumeric: true), .init("milliseconds", isNumeric: true),
                .init("next"), .init("detail"),
            ])
            for attempt in attempts {
                report.append([
                    .string(attempt.startedAt.description), .string(attempt.endpoint),
                    .string(attempt.message.description), .integer(Int64(attempt.number)),
                    .string(attempt.outcome.rawValue), optional(attempt.status.map { Double($0) }),
                    .integer(attempt.duration.wholeMilliseconds),
                    optional(attempt.nextAttemptAt?.description), .string(attempt.detail),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }
}

extension Argument {
    static func endpoint(_ count: ClosedRange<Int>) -> Argument {
        Argument("ENDPOINT", "An endpoint's name", count: count)
    }
}

extension Configuration {
    /// The name of a configured endpoint that somebody typed.
    func endpoint(_ name: String) throws(UsageError) -> String {
        guard alerting.endpoints.contains(where: { $0.name == name }) else {
            let known = alerting.endpoints.map(\.name).joined(separator: ", ")
            throw UsageError(
                known.isEmpty
                    ? "alerting.endpoints is empty: give --config"
                    : "'\(name)' is no endpoint: expected \(known)"
            )
        }
        return name
    }
}
