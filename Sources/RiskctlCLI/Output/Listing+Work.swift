import Runtime

extension Listing {
    static let alerts = Listing(
        path: ["alerts"],
        fields: [
            .id("alert"), .value("state"), .level(), .score(), subject,
            .time("since", "started_at", isOptional: true),
            .value("lane", isOptional: true), .value("assignee", isOptional: true),
            .value("verdict", isOptional: true),
            .time("ended", "ended_at", isOptional: true), .value("silenced", isOptional: true),
        ],
        growth: .changes(on: ["alert"], keys: ["alert"]) {
            .array([
                $0["state"], $0["level"], $0["assignee"], $0["verdict"], $0["ended_at"], $0["updated_at"],
            ])
        }
    )

    private static let subject = Field.made("subject") { .string(subjectText($0["subject"])) }

    /// `user u-1 on fashion`.
    static func subjectText(_ subject: JSONValue) -> String {
        let kind = subject["kind"].string ?? ""
        let name = subject["name"].string ?? ""
        guard let model = subject["model"].string, kind != "model" else {
            return kind == "global" ? "the whole service" : "\(kind) \(name)"
        }
        return "\(kind) \(name) on \(model)"
    }

    /// Messages that told of an alert.
    static func deliveries(of alert: String) -> Listing {
        Listing(
            path: ["alerts", alert, "deliveries"],
            fields: [
                .time("created", "created_at"), .value("endpoint"), .value("type"), .value("reason"),
                .value("state"),
                .number("attempts"), .value("message", isOptional: true),
            ],
            isPaged: false,
            growth: .changes(on: ["tick"], keys: ["message", "endpoint"]) {
                .array([$0["state"], $0["attempts"]])
            }
        )
    }

    static let silences = Listing(
        path: ["silences"],
        fields: [
            .number("silence"), .value("active"), .list("matchers"),
            .time("starts", "starts_at", isOptional: true),
            .time("ends", "ends_at"), .value("creator"), .value("comment"),
        ],
        growth: .changes(on: ["silence"], keys: ["silence"]) { .array([$0["active"], $0["ends_at"]]) }
    )

    /// Who is told.
    static let endpoints = Listing(
        path: ["endpoints"],
        fields: [
            .value("name"), .value("format"), .level("from", "minimum_level"), .value("enabled"),
            .value("verified"), .number("pending"),
            .number("delivered"), .value("last", "last_attempt.outcome"),
            .time("at", "last_attempt.started_at", isOptional: true),
            .time("failing_since", isOptional: true),
            .value("target", isOptional: true), .value("disabled_reason", isOptional: true),
        ],
        isPaged: false,
        growth: .changes(on: ["endpoint", "alert"], keys: ["name"]) {
            .array([$0["enabled"], $0["pending"], $0["delivered"], $0.at("last_attempt.outcome")])
        }
    )

    /// Attempts to deliver messages to an endpoint.
    static func attempts(_ endpoint: String) -> Listing {
        Listing(
            path: ["endpoints", endpoint, "attempts"],
            fields: [
                .time("started", "started_at"), .value("outcome"), .number("status"), .number("number"),
                .number("ms", "duration_ms"), .value("detail"),
                .time("next", "next_attempt_at", isOptional: true),
                .value("message", isOptional: true),
            ],
            growth: .changes(on: ["tick"], keys: ["message", "number"]) {
                .array([$0["number"], $0["outcome"]])
            }
        )
    }

    static let detectors = Listing(
        path: ["detectors"],
        fields: [
            .value("model"), .value("detector"), .value("track"), .value("verdict"), .number("queries"),
            .number("scored"), .value("explanation", isOptional: true), .number("failures", isOptional: true),
            .time("last_scored", isOptional: true),
        ],
        isPaged: false,
        growth: .changes(on: ["tick"], keys: ["model", "detector", "track"]) {
            .array([$0["verdict"], $0["explanation"]])
        }
    )

    /// How much is seen.
    static let coverage = Listing(
        path: ["coverage"],
        fields: [
            .value("scope"), .value("name"), .value("measure"), .value("blind"),
            .number("recent_bad"), .number("recent_lines"), .number("long_bad"), .number("long_lines"),
            .number("usual_share"), .value("cause"), .number("bad", isOptional: true),
            .number("lines", isOptional: true), .value("explanation", isOptional: true),
        ],
        isPaged: false,
        growth: .changes(on: ["tick"], keys: ["scope", "name", "measure"]) {
            .array([$0["blind"], $0["recent_bad"]])
        }
    )

    /// Of whom little is.
    static let blindAccounts = Listing(
        path: ["coverage", "accounts"],
        fields: [
            .value("user"), .number("unusable"), .number("used"), .number("share"), .value("reason"),
        ],
        isPaged: false,
        growth: .changes(on: ["tick"], keys: ["user"]) { .array([$0["unusable"]]) }
    )

    static let calibrations = Listing(
        path: ["calibrations"],
        fields: [
            .value("calibration"), .value("model"), .value("stratum", isOptional: true),
            .value("owner", isOptional: true),
            .value("state"), .value("verified"), .number("records"), .number("users"),
            .time("built", "built_at"),
            .time("in_force_since", isOptional: true), .value("origin", isOptional: true),
        ],
        isPaged: false,
        growth: .changes(on: ["calibration"], keys: ["calibration"]) {
            .array([$0["state"], $0["verified"]])
        }
    )

    /// Tokens, without what is secret of them.
    static let tokens = Listing(
        path: ["tokens"],
        fields: [
            .number("token"), .value("name"), .list("roles"), .value("active"),
            .time("expires", "expires_at"),
            .time("last_used", "last_used_at", isOptional: true),
            .time("created", "created_at", isOptional: true),
            .value("created_by", isOptional: true),
        ],
        isPaged: false,
        growth: .changes(on: ["tick"], keys: ["token"]) { .array([$0["active"]]) }
    )

    /// What people did.
    static let actions = Listing(
        path: ["audit", "actions"],
        fields: [
            .time("time"), .value("actor"), .value("what"), .value("object"), .value("detail"),
            .value("address", isOptional: true),
        ],
        growth: .changes(on: ["tick"], keys: ["what", "number"]) { $0 }
    )

    /// Who looked at which images.
    static let reads = Listing(
        path: ["audit", "reads"],
        fields: [
            .time("time"), .value("actor"), .value("what"), .number("observation"),
            .number("with", isOptional: true),
            .value("reason"), .value("alert", isOptional: true), .value("address", isOptional: true),
        ],
        growth: .appends(number: "number")
    )
}
