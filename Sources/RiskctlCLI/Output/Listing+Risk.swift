import Runtime

extension Listing {
    /// Users, campaigns, models and the whole service.
    static let entities = Listing(
        path: ["entities"],
        fields: [.value("kind"), .value("name"), .value("model")] + standing,
        growth: .changes(on: ["tick", "level"], keys: ["entity"], state: standingState)
    )

    static let users = Listing(
        path: ["entities"],
        fields: [.value("user", "name"), .value("model")] + standing,
        growth: .changes(on: ["tick", "level"], keys: ["entity"], state: standingState)
    )

    static let models = Listing(
        path: ["entities"],
        fields: [.value("model", "name")] + standing,
        growth: .changes(on: ["tick", "level"], keys: ["entity"], state: standingState)
    )

    private static let standing: [Field] = [
        .level(), .score(), .value("lane"), .number("bits", "evidence_bits", isOptional: true),
        .time("since"),
        .time("last_seen", isOptional: true), .value("pinned", isOptional: true),
    ]

    /// Scores fall a little with every tick: what somebody watches for is a level, or a point or more.
    private static let standingState: @Sendable (JSONValue) -> JSONValue = { item in
        .array([item["level"], item["pinned"], .integer(Int64(item["score"].double ?? 0))])
    }

    /// Chains of near-duplicates.
    static let campaigns = Listing(
        path: ["campaigns"],
        fields: [
            .number("number"), .value("model"), .level("level", "highest_level"),
            .score("score", "highest_score"),
            .number("images", "members"), .number("accounts"), .number("repeats", isOptional: true),
            .value("class", isOptional: true), .fraction("peak", isOptional: true),
            .time("first", isOptional: true),
            .time("last", isOptional: true),
        ],
        growth: .changes(on: ["tick"], keys: ["entity"]) {
            .array([$0["members"], $0["accounts"], $0["highest_level"]])
        }
    )

    static let levelChanges = Listing(
        path: ["level-changes"],
        fields: [
            .time("time"), .value("entity"), .level("from"), .level("to"), .score(), .number("sample"),
        ],
        growth: .appends(number: "sample")
    )

    /// Samples of one entity.
    static let samples = Listing(
        path: ["samples"],
        fields: [
            .number("sample"), .time("time"), .level(), .score(), .value("lane"),
            .number("bits", "evidence_bits", isOptional: true), .number("queries"),
            .made("why", isOptional: true) { .string(reasons($0["contributions"].elements)) },
        ],
        growth: .appends(number: "sample")
    )

    /// Scored queries.
    static let observations = Listing(
        path: ["observations"],
        fields: [
            .number("observation"), .time("time"), .value("user"), .value("model", isOptional: true),
            .value("class"), .fraction("probability"),
            .fraction("distance", "model_similarity.distance", isOptional: true),
            .number("distance_alarm", "model_similarity.distance_alarm", isOptional: true),
            .made("rungs") { .string(rungs($0["rungs"].elements)) },
            .value("record", isOptional: true),
        ],
        growth: .appends(number: "observation")
    )

    /// The largest parts that raise a score.
    static func reasons(_ contributions: [JSONValue]) -> String {
        contributions.filter { ($0["points"].double ?? 0) > 0 }.prefix(2)
            .map { "\($0["name"].string ?? "") \(pointsText($0["points"].double ?? 0))" }.joined(
                separator: ", "
            )
    }

    /// Rungs above 0: `similarity 3 (user)`.
    static func rungs(_ rungs: [JSONValue]) -> String {
        rungs.filter { ($0["rung"].integer ?? 0) > 0 }
            .map { "\($0["detector"].string ?? "") \($0["rung"].text) (\($0["track"].string ?? ""))" }
            .joined(separator: ", ")
    }

    /// The images of a chain.
    static func chain(_ path: [String]) -> Listing {
        Listing(
            path: path,
            fields: [
                .number("observation"), .time("time"), .value("user"), .value("class"),
                .fraction("probability"),
                .fraction("first_class", "first_class_probability", isOptional: true), .fraction("fall"),
                .number("nearest", isOptional: true), .fraction("distance"), .number("rung"),
                .value("image_kept", isOptional: true),
            ],
            growth: .appends(number: "observation")
        )
    }
}
