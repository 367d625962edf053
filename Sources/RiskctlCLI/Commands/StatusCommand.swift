import Console
import Runtime

extension Command {
    /// `riskctl status`: the five questions of the first five seconds.
    static let status = Command.asking(
        "status",
        "Is anything wrong, who and on what, is it getting worse, can this be trusted, what next",
        aliases: ["overview"],
        flags: [
            Flag("watch", short: "w", "Go on: a line whenever a tick is told, until interrupted"),
            OutputFormat.flag,
        ]
    ) { session in
        if session.invocation.has("watch") { return try await session.watchStatus() }
        let overview = try await session.client.get(["overview"])
        try session.write(overview) { OverviewSheet(overview).sheet }
    }
}

extension Session {
    fileprivate func watchStatus() async throws {
        let listing = Listing(
            path: [],
            fields: [
                .time("time"), .level("level", "service.level"), .score("score", "service.score"),
                .number("open_alerts"), .time("as_of"),
                .made("trust") { tick in
                    tick["stale"].bool == true
                        ? .string(
                            "STALE: " + tick["reasons"].elements.compactMap(\.string).joined(separator: "; ")
                        )
                        : tick["blind"].elements.isEmpty
                            ? "live"
                            : .string(
                                "NOT TRUSTWORTHY: "
                                    + tick["blind"].elements.compactMap(\.string).joined(separator: "; ")
                            )
                },
            ],
            growth: .appends(number: "time")
        )
        let writer = Shared(RowWriter(listing, on: terminal, as: format))
        try await EventFeed(client: client) { terminal.note($0) }.forEach { event in
            if event.name == "tick" { writer.withLock { $0.write([event.value]) } }
            return true
        }
    }
}

/// The overview in words.
struct OverviewSheet {
    private let overview: JSONValue

    /// - Parameter overview: an `Overview`.
    init(_ overview: JSONValue) { self.overview = overview }

    var sheet: Sheet {
        var sheet = Sheet()
        let service = overview["service"]
        let level = service["level"].string ?? "uncalibrated"
        for alarm in [alarm, blindness] { if let alarm { sheet.line(alarm, .alarm) } }
        sheet.line(headline, LevelText.style(level))
        sheet.fact("worst", worst(overview["worst_entity"]))
        sheet.fact("model", worst(overview["worst_model"]))
        sheet.fact("last 60 min", Sparkline.bars(overview["spark"]))
        sheet.fact("users", levels("users"))
        sheet.fact("campaigns", levels("campaigns"))
        sheet.fact("data", freshness)
        sheet.fact(
            "detectors",
            "\(overview.at("detectors.healthy").text) of \(overview.at("detectors.total").text) healthy"
        )
        sheet.fact("calibration", calibration)
        sheet.fact("coverage", coverage)
        sheet.fact("alerts", alerts)
        sheet.fact("next", next)
        return sheet
    }

    /// Why what is shown cannot be trusted; nil where it can.
    var alarm: String? {
        guard overview.at("freshness.stale").bool == true else { return nil }
        let reasons = overview.at("freshness.reasons").elements.compactMap(\.string)
        return "STALE: \(reasons.isEmpty ? "what is shown may be old" : reasons.joined(separator: "; "))"
    }

    /// What is not seen although it is logged; nil where nothing is.
    var blindness: String? {
        let reasons = overview.at("coverage.blind").elements.compactMap(\.string)
        return reasons.isEmpty ? nil : "NOT TRUSTWORTHY: \(reasons.joined(separator: "; "))"
    }

    /// How much is seen, and of whom little is.
    var coverage: String {
        let count = overview.at("coverage.blind").elements.count
        let accounts = overview.at("coverage.accounts").elements
        var text =
            count == 0
            ? "what is logged is seen" : "blind in \(counted(count, "respect")): riskctl get coverage"
        guard let first = accounts.first?["user"].string else { return text }
        text += "; most lines of \(counted(accounts.count, "account")) cannot be used, the worst \(first)"
        return text + ": riskctl get blind-accounts"
    }

    /// `[###] HIGH 87.881, +41 in 10 min, since ...`.
    var headline: String {
        let service = overview["service"]
        let level = service["level"].string ?? "uncalibrated"
        var text = "\(LevelText.bar(level)) \(level.uppercased()) \(pointsText(service["score"].double ?? 0))"
        if let slope { text += "  \(slope)" }
        if let since = service["since"].string { text += "  since \(shortTime(since))" }
        return text
    }

    /// How the score went in the last ten minutes; nil where that is not known.
    var slope: String? {
        guard let slope = overview["slope"].double else { return nil }
        let arrow = slope >= 1 ? "↑" : slope <= -1 ? "↓" : "→"
        return "\(arrow) \(slope < 0 ? "" : "+")\(oneDecimal(slope)) in 10 min"
    }

    private func worst(_ standing: JSONValue) -> String? {
        guard let name = standing["name"].string else { return nil }
        let level = standing["level"].string ?? "uncalibrated"
        let kind = standing["kind"].string ?? ""
        let model = kind == "model" ? "" : standing["model"].string.map { " on \($0)" } ?? ""
        let lane = standing["lane"].string.map { ", lane \($0)" } ?? ""
        return
            "\(kind) \(name)\(model): \(LevelText.text(level)) \(pointsText(standing["score"].double ?? 0))\(lane)"
    }

    private func levels(_ kind: String) -> String {
        let counts = overview.at("levels.\(kind)")
        let parts = ["critical", "high", "medium", "low"].compactMap { level -> String? in
            guard let count = counts[level].integer, count > 0 else { return nil }
            return "\(count) \(level)"
        }
        return parts.isEmpty ? "none above info" : parts.joined(separator: ", ")
    }

    /// How old data is.
    var freshness: String {
        let freshness = overview["freshness"]
        var parts: [String] = []
        if let age = freshness["signal_age_seconds"].double {
            parts.append("last record \(spoken(seconds: age)) ago")
        }
        if let asOf = overview["as_of"].string { parts.append("as of \(shortTime(asOf))") }
        if let lag = freshness["lag_bytes"].integer, lag > 0 { parts.append("\(lag) bytes behind") }
        if let unread = freshness["unreadable_sources"].integer, unread > 0 {
            parts.append("\(counted(Int(unread), "source")) unreadable")
        }
        parts.append("database \(freshness["database"].string ?? "")")
        return parts.joined(separator: ", ")
    }

    /// The calibrations' health, with what is wrong.
    var calibration: String {
        let worst = overview.at("calibration.health").string ?? ""
        let wrong = overview.at("calibration.models").elements.filter { $0["health"].string != "valid" }
            .map { "\($0["model"].string ?? ""): \($0["explanation"].string ?? "")" }
        return ([worst] + wrong).joined(separator: "; ")
    }

    /// Counts of alerts and how often they come.
    var alerts: String {
        let load = overview.at("alerts.load")
        let flood = load["flood"].bool == true ? ", a FLOOD" : ""
        return """
            \(overview.at("alerts.open").text) open, \(overview.at("alerts.acknowledged").text) acknowledged; \
            \(load["last_10_minutes"].text) in 10 min\(flood), \(load["last_24_hours"].text) in 24 h
            """
    }

    private var next: String? {
        let alert = overview.at("alerts.next")
        guard let id = alert["alert"].string else { return nil }
        return
            "riskctl alert show \(id)  (\(alert["level"].string ?? "") \(Listing.subjectText(alert["subject"])))"
    }
}
