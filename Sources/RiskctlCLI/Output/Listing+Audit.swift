import Runtime

extension Listing {
    /// What auditors can ask for.
    static let datasets = Listing(
        path: ["audit", "datasets"],
        fields: [.value("name"), .value("tells"), .list("columns", isOptional: true)],
        isPaged: false,
        growth: .changes(on: [], keys: ["name"]) { $0 }
    )

    /// Alerts that nobody was told of; the list is within a larger answer.
    static let hidden = Listing(
        path: ["audit", "hidden-alerts"],
        fields: [
            .id("alert", "alert.alert"), .time("since", "alert.started_at"),
            .level("peak", "alert.peak_level"),
            .made("subject") { .string(subjectText($0.at("alert.subject"))) },
            .value("verdict", "alert.verdict", isOptional: true), .value("because"),
        ],
        isPaged: false,
        growth: .changes(on: [], keys: ["alert"]) { $0 }
    )

    /// What was found beside what is stated.
    static let falseAlarms = Listing(
        path: ["audit", "false-alarms"],
        fields: [
            .time("quarter", "time"), .value("model"), .value("kind", "entity_kind"), .value("level"),
            .number("queries"),
            .number("entries"), .number("stated_bound"), .number("alerts"), .number("attack"),
            .number("benign"),
            .number("test"), .number("unknown", isOptional: true), .number("unjudged", isOptional: true),
        ],
        isPaged: false,
        growth: .changes(on: [], keys: ["time", "model", "entity_kind", "level"]) { $0 }
    )
}
