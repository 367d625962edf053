import Console
import Runtime

/// A page about why a sample has its score.
struct ExplanationSheet {
    private let explanation: JSONValue

    /// - Parameter explanation: an `Explanation`.
    init(_ explanation: JSONValue) { self.explanation = explanation }

    var sheet: Sheet {
        let sample = explanation["sample"]
        var sheet = Sheet()
        let level = sample["level"].string ?? "uncalibrated"
        sheet.line(
            "sample \(sample["sample"].text): \(sample["entity"].string ?? ""): \(LevelText.text(level)) "
                + pointsText(sample["score"].double ?? 0),
            LevelText.style(level)
        )
        sheet.fact("time", sample["time"].string.map(shortTime))
        sheet.fact(
            "tick",
            "\(sample["tick"].text), \(counted(Int(sample["queries"].integer ?? 0), "query"))".replacing(
                "querys",
                with: "queries"
            )
        )
        sheet.fact("lane", sample["lane"].string)
        sheet.fact("evidence", sample["evidence_bits"].double.flatMap(evidenceText))
        sheet.fact("pinned at", sample["pinned"].string)
        if sample["derived"].bool == true {
            sheet.fact("score", "that of its members; no evidence of its own")
        }
        sheet.fact("configuration", sample["config_id"].string)
        sheet.fact("calibration", sample["calibration_id"].string ?? "none")
        sheet.table("Score", EntitySheet.parts, sample["contributions"].elements)
        sheet.table("Evidence by lane", [.value("lane"), .number("bits")], sample["lanes"].elements)
        sheet.table("Queries of the tick", Listing.observations.fields, explanation["queries"].elements)
        if explanation["truncated"].bool == true { sheet.line("There were more queries than are shown.") }
        return sheet
    }
}

/// A page about a scored query.
struct ObservationSheet {
    private let observation: JSONValue

    /// - Parameter observation: an `Observation`.
    init(_ observation: JSONValue) { self.observation = observation }

    var sheet: Sheet {
        var sheet = Sheet()
        func text(_ key: String) -> String? { observation[key].asText }
        sheet.line(
            "observation \(text("observation") ?? ""): record \(text("record") ?? "") of \(text("user") ?? "")"
        )
        sheet.fact("time", text("time").map(shortTime))
        sheet.fact("model", [text("model"), text("model_version")].compactMap(\.self).joined(separator: " "))
        sheet.fact("answer", "\(text("class") ?? "") with probability \(text("probability") ?? "")")
        sheet.fact("source", text("source"))
        sheet.fact("repeat of", text("repeat_of"))
        sheet.fact("campaign", text("campaign"))
        sheet.fact("fall", text("campaign_fall"))
        for evidence in observation["evidence"].elements {
            sheet.fact(evidence["detector"].asText ?? "", evidence["score"].asText)
        }
        if observation["late"].bool == true { sheet.fact("late", "yes: its tick was closed") }
        sheet.fact("image", observation["image_kept"].bool == true ? "kept (riskctl image)" : "not kept")
        sheet.table(
            "Detectors",
            [.value("track"), .value("detector"), .number("rung")],
            observation["rungs"].elements
        )
        sheet.table(
            "Opinions",
            [.value("name"), .number("score"), .value("disagrees")],
            observation["opinions"].elements
        )
        let scopes: [(String, String)] = [
            ("similarity", "the user's own"), ("model_similarity", "everybody's"),
        ]
        sheet.table(
            "Compared with earlier images",
            [
                .value("compared_with"), .number("nearest"), .number("distance"), .number("distance_alarm"),
                .number("prediction_alarm"),
                .number("crossings"), .number("descent"), .number("exact_repeats"), .number("searched"),
            ],
            scopes.compactMap { key, name in
                guard case .object(let members) = observation[key] else { return nil }
                return .object([JSONValue.Member("compared_with", .string(name))] + members)
            }
        )
        return sheet
    }
}

/// A page about a calibration.
struct CalibrationSheet {
    private let detail: JSONValue

    /// - Parameter detail: a `CalibrationDetail`.
    init(_ detail: JSONValue) { self.detail = detail }

    var sheet: Sheet {
        let calibration = detail["calibration"]
        var sheet = Sheet()
        func text(_ key: String) -> String? { calibration[key].asText }
        sheet.line("\(text("calibration") ?? ""): \(text("state") ?? "")")
        sheet.fact("model", text("model"))
        sheet.fact("stratum", text("stratum"))
        sheet.fact("owner", text("owner"))
        sheet.fact("verified", text("verified"))
        sheet.fact("in force since", text("in_force_since").map(shortTime))
        sheet.fact(
            "made of",
            "\(text("records") ?? "") records of \(text("users") ?? "") users: \(text("origin") ?? "")"
        )
        sheet.fact("built", text("built_at").map(shortTime))
        sheet.fact("newest record", detail["newest_record"].string.map(shortTime))
        sheet.fact("confidence", detail["delta"].double.map { "\(1 - $0)" })
        for detector in detail["detectors"].elements {
            sheet.table(
                "\(detector["detector"].string ?? ""), \(detector["records"].text) records",
                [.number("rung"), .number("above", "threshold"), .number("at_most", "bound")],
                detector["rungs"].elements
            )
        }
        sheet.table(
            "Checks on other ordinary traffic",
            [.time("checked", "checked_at"), .value("passed"), .value("traffic")],
            detail["checks"].elements
        )
        sheet.table(
            "Activations",
            [.time("activated", "activated_at"), .value("by", "actor"), .value("forced"), .value("reason")],
            detail["activations"].elements
        )
        return sheet
    }
}
