import Console
import Runtime

/// A page about an alert.
struct AlertSheet {
    private let detail: JSONValue
    private let told: [JSONValue]

    /// - Parameters:
    ///   - detail: an `AlertDetail`.
    ///   - told: its deliveries.
    init(_ detail: JSONValue, _ told: [JSONValue]) {
        self.detail = detail
        self.told = told
    }

    var sheet: Sheet {
        let alert = detail["alert"]
        var sheet = Sheet()
        let level = alert["level"].string ?? ""
        let score = alert["score"].double.map { " " + pointsText($0) } ?? ""
        sheet.line(
            "alert \(alert["alert"].string ?? ""): \(LevelText.text(level))\(score), \(alert["state"].string ?? "")",
            LevelText.style(level)
        )
        sheet.fact("about", Listing.subjectText(alert["subject"]))
        sheet.fact("since", alert["started_at"].string.map(shortTime))
        sheet.fact("until", alert["ended_at"].string.map(shortTime))
        sheet.fact("what", alert["detail"].string)
        sheet.fact("assignee", alert["assignee"].string)
        sheet.fact("verdict", alert["verdict"].string)
        if detail["pinned"].bool == true { sheet.fact("pinned", "yes: somebody confirmed an attack") }
        let bits = detail["evidence_bits"].double.flatMap(evidenceText).map { "\($0) of evidence" }
        sheet.fact("lane", [alert["lane"].string, bits].compactMap(\.self).joined(separator: ", "))
        sheet.fact("false alarms", bound)
        sheet.fact("ATLAS", detail["techniques"].elements.map(Self.technique).joined(separator: ", "))
        for silence in detail["silences"].elements {
            let until = silence["ends_at"].string.map(shortTime) ?? ""
            sheet.fact(
                "silenced",
                "until \(until) by \(silence["creator"].string ?? ""): \(silence["comment"].string ?? "")"
            )
        }
        for clearing in detail["clears"].elements { sheet.fact("clears", EntitySheet.clearing(clearing)) }
        sheet.fact("sample", detail["sample"].integer.map { "\($0) (riskctl explain \($0))" })
        sheet.fact("key", alert["key"].string)
        sheet.table("Score", EntitySheet.parts, detail["contributions"].elements)
        sheet.table("History", Self.events, detail["events"].elements)
        sheet.table("Told", Listing.deliveries(of: "").fields, told)
        return sheet
    }

    private static let events: [Field] = [
        .time("time"), .value("event", "kind"), .value("by", "actor"), .level(), .score(), .value("verdict"),
        .value("assignee"), .value("note"),
    ]

    private var bound: String? {
        let most = detail.at("false_alarm_bound.per_million_queries")
        guard most.double != nil else { return nil }
        let confidence = detail.at("false_alarm_bound.calibration_confidence").text
        return
            "at most \(most.text) such in a million queries of ordinary traffic, with confidence \(confidence)"
    }

    private static func technique(_ technique: JSONValue) -> String {
        [technique["id"].string, technique["name"].string].compactMap(\.self).joined(separator: " ")
    }
}
