import Console

extension Command {
    /// `riskctl get`: lists.
    static let get = Command(
        "get",
        "List users, campaigns, models, alerts, ...",
        commands: [
            standings(
                "users",
                ["user"],
                "Users that something is known against, the worst first",
                .users,
                "user"
            ),
            standings("models", ["model"], "Models, the worst first", .models, "model"),
            standings(
                "entities",
                ["entity"],
                "Users, campaigns, models and the whole service, the worst first",
                .entities
            ),
            .asking(
                "campaigns",
                "Chains of near-duplicate images, the newest first",
                aliases: ["campaign"],
                flags: [.model, .since, .until, .watch] + Flag.paging
            ) { session in
                try await session.write(
                    .campaigns,
                    [
                        "model": session.invocation.value("model"), "since": try session.time("since"),
                        "until": try session.time("until"),
                    ]
                )
            },
            .asking(
                "chain",
                "The images of a campaign in their order, each with its nearest earlier one",
                arguments: [
                    Argument(
                        "CAMPAIGN",
                        "campaign:MODEL/NUMBER, or the number alone",
                        values: .asked(Known.campaigns)
                    )
                ],
                flags: [.model, .watch] + Flag.paging
            ) { session in
                let entity = try await EntityFinder(client: session.client).find(
                    session.invocation.arguments[0],
                    kind: "campaign",
                    model: session.invocation.value("model")
                )
                try await session.write(.chain(["campaigns", entity, "chain"]))
            },
            alerts("alerts", ["alert"]),
            silences("silences", ["silence"]),
            endpoints("endpoints", ["endpoint"]),
            detectors("detectors", ["detector"]),
            .asking(
                "coverage",
                "How much of each source's and model's lines is not seen, of the last 200 and 2,000 and usually",
                flags: [.watch, OutputFormat.flag]
            ) { session in try await session.write(.coverage) },
            .asking(
                "blind-accounts",
                "Accounts most of whose lines cannot be used, those with the most first",
                aliases: ["blind-account"],
                flags: [.watch, OutputFormat.flag]
            ) { session in try await session.write(.blindAccounts) },
            calibrations("calibrations", ["calibration"]),
            tokens("tokens", ["token"]),
            .asking(
                "observations",
                "Scored queries, the newest first",
                aliases: ["observation", "queries"],
                flags: [
                    Flag(
                        "entity",
                        value: "ENTITY",
                        "Only those that count for it",
                        values: .asked(Known.entities)
                    ),
                    Flag(
                        "signal",
                        value: "RUNG",
                        "Only those of which a detector reached this rung",
                        values: .nothing
                    ),
                    .since, .until, .watch,
                ] + Flag.paging,
                run: { session in
                    try await session.write(
                        .observations,
                        [
                            "entity": try await session.entity("entity"),
                            "signal": session.invocation.value("signal"),
                            "since": try session.time("since"), "until": try session.time("until"),
                        ]
                    )
                }
            ),
            samples("samples", ["sample"]),
        ]
    )

    /// `riskctl samples`: one entity's score over time, with what it is made of.
    static let samples = samples("samples", [])

    private static func samples(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Samples of an entity: its score tick by tick, the newest first",
            aliases: aliases,
            arguments: [.entity],
            flags: [.since, .until, .watch] + Flag.paging
        ) { session in
            try await session.write(
                .samples,
                [
                    "entity": try await EntityFinder(client: session.client).find(
                        session.invocation.arguments[0]
                    ),
                    "since": try session.time("since"), "until": try session.time("until"),
                ]
            )
        }
    }

    private static func standings(
        _ name: String,
        _ aliases: [String],
        _ summary: String,
        _ listing: Listing,
        _ kind: String? = nil
    ) -> Command {
        .asking(
            name,
            summary,
            aliases: aliases,
            arguments: [
                Argument("NAME", "Only those whose name contains this", count: 0...1, values: .nothing)
            ],
            flags: [
                .model, .level,
                Flag("sort", "By what; score unless given", choices: ["score", "seen", "name"]), .watch,
            ] + Flag.paging
        ) { session in
            try await session.write(
                listing,
                [
                    "kind": kind, "model": session.invocation.value("model"),
                    "level": try session.invocation.level(),
                    "search": session.invocation.arguments.first, "sort": session.invocation.value("sort"),
                ]
            )
        }
    }
}

extension Argument {
    /// An entity in any form that `EntityFinder` understands.
    static let entity = Argument(
        "ENTITY",
        "user:MODEL/NAME, campaign:MODEL/NUMBER, model:NAME, service, or a user's name alone",
        values: .asked(Known.entities)
    )
}

extension Session {
    /// The entity that a flag names.
    func entity(_ flag: String) async throws -> String? {
        guard let text = invocation.value(flag) else { return nil }
        return try await EntityFinder(client: client).find(text)
    }
}
