import Console
import Domain
import Runtime

extension Command {
    /// `riskctl audit`: the auditors' questions.
    static let audit = Command(
        "audit",
        "Answer auditors' questions, and take the answers away",
        commands: [
            .asking(
                "actions",
                "What people did, the newest first (needs auditor)",
                flags: [actor, .since, .until] + Flag.paging
            ) { session in
                try await session.write(
                    .actions,
                    [
                        "actor": session.invocation.value("actor"), "since": try session.time("since"),
                        "until": try session.time("until"),
                    ]
                )
            },
            .asking(
                "reads",
                "Who looked at which images, when and why, the newest first (needs auditor)",
                flags: [
                    actor,
                    Flag("observation", value: "NUMBER", "Only looks at this observation", values: .nothing),
                    .since,
                    .until, .watch,
                ] + Flag.paging
            ) { session in
                try await session.write(
                    .reads,
                    [
                        "actor": session.invocation.value("actor"),
                        "observation": session.invocation.value("observation"),
                        "since": try session.time("since"), "until": try session.time("until"),
                    ]
                )
            },
            .asking(
                "sample",
                "What an entity's risk was at a time, and why",
                arguments: [.entity],
                flags: [
                    Flag("at", value: "TIME", "When; now unless given", values: .nothing), OutputFormat.flag,
                ]
            ) { session in
                let entity = try await EntityFinder(client: session.client).find(
                    session.invocation.arguments[0]
                )
                let time = try session.time("at") ?? Session.timeExpression("now", now: .now)
                // A sample of that very time counts, and `until` is the first time that does not.
                let after = try Timestamp(typed: time, now: .now) + .milliseconds(1)
                let newest = try await session.client.get(
                    ["samples"],
                    ["entity": entity, "until": after.description, "limit": "1"]
                )
                guard let sample = newest["items"].elements.first?["sample"].integer else {
                    throw CommandFailure(
                        "\(entity) has no sample up to \(time): nothing was known against it"
                    )
                }
                try await session.explain(String(sample))
            },
            .auditDatasets, .auditQuery, .auditHidden, .auditFalseAlarms, .auditExport, .auditErase,
        ]
    )

    private static let actor = Flag("actor", value: "NAME", "Only what NAME did", values: .nothing)
}
