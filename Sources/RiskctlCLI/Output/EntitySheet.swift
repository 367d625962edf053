import Console
import Runtime

/// A page about an entity.
struct EntitySheet {
    private let detail: JSONValue
    private let campaign: JSONValue

    /// - Parameters:
    ///   - detail: an `EntityDetail`.
    ///   - campaign: a `CampaignDetail`; null where it is none.
    init(_ detail: JSONValue, _ campaign: JSONValue) {
        self.detail = detail
        self.campaign = campaign
    }

    var sheet: Sheet {
        let standing = detail["standing"]
        var sheet = Sheet()
        let level = standing["level"].string ?? "uncalibrated"
        let score = pointsText(standing["score"].double ?? 0)
        sheet.line(
            "\(standing["entity"].string ?? ""): \(LevelText.text(level)) \(score)",
            LevelText.style(level)
        )
        sheet.fact("since", standing["since"].string.map(shortTime))
        sheet.fact("as of", detail["as_of"].string.map(shortTime))
        sheet.fact("last seen", standing["last_seen"].string.map(shortTime))
        sheet.fact("lane", standing["lane"].string)
        sheet.fact("evidence", standing["evidence_bits"].double.flatMap(evidenceText))
        sheet.fact("pinned at", standing["pinned"].string)
        sheet.fact("criticality", detail["criticality"].asText)
        if standing["derived"].bool == true {
            sheet.fact("score", "that of its members; no evidence of its own")
        }
        sheet.fact("judged by", baseline)
        for clearing in detail["clears"].elements { sheet.fact("clears", Self.clearing(clearing)) }
        let bars = Sparkline.bars(detail["spark"], thresholds: detail["thresholds"])
        sheet.fact("last 24 h", bars)
        sheet.fact("last sample", detail["last_sample"].integer.map { "\($0) (riskctl explain \($0))" })
        addCampaign(&sheet)
        sheet.table("Score", Self.parts, detail["contributions"].elements)
        sheet.table("Evidence by lane", [.value("lane"), .number("bits")], detail["lanes"].elements)
        sheet.table("Alerts", Listing.alerts.fields, detail["recent_alerts"].elements)
        return sheet
    }

    /// Parts of a score.
    static let parts: [Field] = [.value("part", "name"), .score("points")]

    private var baseline: String? {
        let kind = detail.at("baseline.kind").string
        let words: String? =
            switch kind {
            case "pooled": "ordinary traffic of the model"
            case "stratum": "ordinary traffic of its stratum \(detail.at("baseline.stratum").string ?? "")"
            case "own": "its own baseline"
            case "none": "nothing: uncalibrated"
            default: nil
            }
        return words
    }

    /// `below high after 24 min without queries`.
    static func clearing(_ clearing: JSONValue) -> String {
        let below = clearing["below"].string ?? ""
        guard clearing["certain"].bool == true, let seconds = clearing["seconds"].double else {
            return "below \(below): not by itself within 30 days"
        }
        let time = clearing["at"].string.map { ", at \(shortTime($0))" } ?? ""
        return "below \(below) after \(spoken(seconds: seconds)) without queries\(time)"
    }

    private func addCampaign(_ sheet: inout Sheet) {
        let facts = campaign["campaign"]
        guard facts != .null else { return }
        sheet.fact("images", facts["members"].asText)
        sheet.fact("exact repeats", facts["repeats"].asText)
        sheet.fact("of class", facts["class"].string)
        sheet.fact("from", facts["first"].string.map(shortTime))
        sheet.fact("until", facts["last"].string.map(shortTime))
        let users = campaign["users"].elements.compactMap(\.string)
        sheet.fact(
            "accounts",
            "\(users.count): " + users.prefix(20).joined(separator: ", ") + (users.count > 20 ? ", …" : "")
        )
    }
}
