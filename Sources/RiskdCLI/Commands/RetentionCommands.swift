import Auditing
import Configuration
import Console
import Domain
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd retention`: what is kept for how long.
    static let retention = Command(
        "retention",
        "Show for how long what is kept, and what is due to be deleted",
        discussion: """
            riskd run deletes what is due every hour, in whole days, unless the newest record is more than 31 days old: then \
            the clock may be wrong. Scores are computed once more before they go, and the \
            tracks as they stood are kept, so that all later samples can still be recomputed. What was deleted is in the \
            dataset deletions. While there is a hold nothing is deleted.
            """,
        flags: [Flag("delete", "Delete what is due now"), .config, .set, OutputFormat.flag]
    ) { invocation in
        try await invocation.withStore { store, configuration in
            let retention = Retention(store, configuration.retention)
            let now = Timestamp.now
            let holds = try await store.legalHolds()
            for hold in holds {
                invocation.terminal.note(
                    "hold \(hold.number) since \(hold.since) by \(hold.actor): \(hold.reason)"
                )
            }
            if invocation.has("delete") {
                let deletions = try await retention.run(at: now)
                var report = Report([.init("dataset"), .init("before"), .init("rows", isNumeric: true)])
                for deletion in deletions {
                    report.append([
                        .string(deletion.dataset), .string(deletion.before.description),
                        .integer(Int64(deletion.rows)),
                    ])
                }
                report.write(to: invocation.terminal, as: invocation.format)
                if deletions.isEmpty {
                    invocation.terminal.note(
                        holds.isEmpty ? "nothing was due" : "nothing is deleted during a hold"
                    )
                }
                return .ok
            }
            if let newest = try await retention.doubt(at: now) {
                invocation.terminal.note(
                    """
                    the newest record is of before \(newest), so the clock may be wrong: riskd run deletes nothing, \
                    --delete does
                    """
                )
            }
            var report = Report([
                .init("rule"), .init("kept"), .init("tables"), .init("oldest"), .init("due_before"),
            ])
            for rule in try await retention.rules(at: now) {
                report.append([
                    .string(rule.name), .string(rule.time > .zero ? rule.time.text : "for good"),
                    .string(rule.datasets.joined(separator: " ")),
                    optional(rule.oldest?.description), optional(rule.before?.description),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }

    /// `riskd hold`: nothing is deleted.
    static let hold = Command(
        "hold",
        "Keep everything from being deleted, or release that",
        commands: [
            Command(
                "add",
                "Keep everything from being deleted until this is released",
                flags: [
                    Flag("reason", value: "TEXT", "Why, such as the case's number"), .actor, .config, .set,
                ]
            ) { invocation in
                guard let reason = invocation.value("reason"), !reason.isEmpty else {
                    throw UsageError("expected --reason TEXT")
                }
                let actor = try invocation.actor()
                return try await invocation.withStore { store, _ in
                    let number = try await store.addLegalHold(reason, by: actor, at: .now)
                    invocation.terminal.writeLine("hold \(number): nothing is deleted until it is released")
                    return .ok
                }
            },
            Command(
                "release",
                "Release a hold",
                arguments: [Argument("HOLD", "Its number, as riskctl audit query holds shows it")],
                flags: [.actor, .config, .set]
            ) { invocation in
                guard let number = Int64(invocation.arguments[0]) else {
                    throw UsageError("expected a hold's number, got '\(invocation.arguments[0])'")
                }
                let actor = try invocation.actor()
                return try await invocation.withStore { store, _ in
                    guard try await store.releaseLegalHold(number, by: actor, at: .now) else {
                        invocation.terminal.writeError("there is no hold \(number) that is in force")
                        return .error
                    }
                    invocation.terminal.writeLine("hold \(number) is released")
                    return .ok
                }
            },
        ]
    )
}
