import Alerting
import Configuration
import Console
import Domain
import Notifying
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd silence`: times in which nobody is told.
    static let silence = Command(
        "silence",
        "Keep alerts from being told for a while; they open and are listed all the same",
        commands: [
            Command(
                "add",
                "Add a silence, or see what it would have hidden",
                discussion: """
                    A matcher compares a label with a text: model=fashion, user=user-006, level!=critical, or with a regular \
                    expression over the whole value: user=~user-0.*, user!~svc-.*. Labels are alertname, entity (the name of \
                    whatever an alert is about), entity_kind (short: kind), level, model and severity; user, campaign, \
                    endpoint, detector and source match alerts about one of these and no others. All matchers must hold. The \
                    end of an alert that was told of is told in any case.
                    """,
                arguments: [Argument("MATCHER", "Such as user=user-006", count: 0...20)],
                flags: [
                    Flag("matcher", value: "MATCHER", "Such as user=user-006", isRepeatable: true),
                    Flag("for", value: "DURATION", "How long, such as 2h; at most 30d"),
                    Flag("from", value: "TIME", "From TIME on; now unless given"),
                    Flag("comment", value: "TEXT", "Why"),
                    Flag("preview", "Only show what it would have hidden in the last 30 days"),
                    .actor, OutputFormat.flag, .config, .set,
                ],
                run: addSilence
            ),
            Command(
                "list",
                "List silences that are not over",
                flags: [.config, .set, OutputFormat.flag, Flag("all", "Those that are over too")]
            ) { invocation in
                try await invocation.withStore { store, _ in
                    let silences = try await store.silences(notOverAt: invocation.has("all") ? nil : .now)
                    var report = Report([
                        .init("id", isNumeric: true), .init("state"), .init("matchers"), .init("from"),
                        .init("until"), .init("by"), .init("comment"),
                    ])
                    for silence in silences {
                        let now = Timestamp.now
                        let state =
                            silence.isActive(at: now) ? "active" : silence.endsAt <= now ? "over" : "pending"
                        report.append([
                            .integer(silence.id), .string(state),
                            .string(silence.matchers.map(\.description).joined(separator: " ")),
                            .string(silence.startsAt.description), .string(silence.endsAt.description),
                            .string(silence.creator), .string(silence.comment),
                        ])
                    }
                    report.write(to: invocation.terminal, as: invocation.format)
                    return .ok
                }
            },
            Command(
                "expire",
                "End silences now",
                arguments: [Argument("SILENCE", "A silence's number", count: 1...100)],
                flags: [.actor, .config, .set]
            ) { invocation in
                let actor = try invocation.actor()
                return try await invocation.withStore { store, _ in
                    var code = ExitCode.ok
                    for text in invocation.arguments {
                        guard let id = Int64(text) else {
                            throw UsageError("expected a silence's number, got '\(text)'")
                        }
                        if try await store.expireSilence(id, by: actor, at: .now) {
                            invocation.terminal.writeLine("silence \(id) is over")
                        } else {
                            invocation.terminal.writeError("there is no silence \(id) that is not over")
                            code = .error
                        }
                    }
                    return code
                }
            },
        ]
    )

    private static let addSilence: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let texts = invocation.arguments + invocation.values("matcher")
        guard !texts.isEmpty else { throw UsageError("expected a matcher such as user=user-006") }
        let matchers = try texts.map { text throws(UsageError) in
            do throws(AlertMatcher.Complaint) {
                return try AlertMatcher(parsing: text)
            } catch {
                throw UsageError(error.text)
            }
        }
        let actor = try invocation.actor()
        let now = Timestamp.now
        if invocation.has("preview") {
            return try await invocation.withStore { store, configuration in
                let settings = AlertSettings(configuration)
                let preview = try await SilencePreview.of(matchers, store, settings, now: now)
                write(preview, invocation)
                return .ok
            }
        }
        let start = try invocation.value("from").map { text throws(UsageError) in
            try Timestamp(typed: text, now: now)
        }
        guard let text = invocation.value("for"), let duration = Duration(text: text), duration > .zero,
            duration <= .seconds(30 * 86_400)
        else { throw UsageError("expected --for with a duration such as 2h, at most 30d") }
        guard let comment = invocation.value("comment"), !comment.isEmpty else {
            throw UsageError("expected --comment with the reason")
        }
        return try await invocation.withStore { store, _ in
            let from = start ?? now
            let end = from + duration
            let id = try await store.addSilence(matchers, from: from, until: end, by: actor, comment: comment)
            invocation.terminal.writeLine("silence \(id) until \(end)")
            return .ok
        }
    }

    private static func write(_ preview: SilencePreview, _ invocation: Invocation) {
        var report = Report([
            .init("id"), .init("since"), .init("peak_level"), .init("subject"), .init("model"),
            .init("verdict"),
        ])
        for alert in preview.alerts {
            report.append([
                .string(alert.id.description), .string(alert.startsAt.description),
                .string(alert.peakLevel.description), .string("\(alert.subject.kind) \(alert.subject.id)"),
                optional(alert.subject.model?.name),
                optional(alert.verdict?.rawValue),
            ])
        }
        report.write(to: invocation.terminal, as: invocation.format)
        let attacks = preview.alerts.count { $0.verdict == .attack }
        invocation.terminal.note(
            """
            in the last 30 days it would have hidden \(preview.alerts.count) of \(preview.allAlerts) alerts, \(attacks) of \
            them found to be attacks, and \(preview.hiddenMessages) of \(preview.allMessages) messages
            """
        )
    }
}
