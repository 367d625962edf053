import Domain
import Testing

@testable import Alerting

/// The alert of docs/webhooks.md#native and variations of it.
enum Examples {
    static let context = MessageContext(
        externalURL: "https://riskd.example.org",
        host: "riskd.example.org",
        version: "1.0.0",
        process: 4242,
        now: time("2026-09-01T10:15:41.000Z")
    )

    static func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? Timestamp(milliseconds: 0) }

    static func id(_ text: String) throws -> AlertID { try #require(AlertID(text)) }

    static func alert(user: String = "u-4711", model: String = "chest-xray-v7") throws -> AlertSnapshot {
        var alert = AlertSnapshot(
            id: try id("01J6Q7R8S9TAVBWCXDYEZF0G1H"),
            subject: .entity(.user(UserID(user), model: ModelID(model))),
            level: .high,
            previousLevel: .medium,
            startsAt: time("2026-09-01T10:15:30.000Z")
        )
        alert.score = 87_881
        alert.lane = .burst
        alert.evidence = 30_187_454
        alert.impactWeight = 1500
        alert.falseAlarmBound = .init(perMillionQueries: 13.6, calibrationConfidence: 0.99)
        alert.contributions = [
            Contribution(name: "query_similarity", milliPoints: 71_738),
            Contribution(name: "encoder_disagreement", milliPoints: 19_629),
            Contribution(name: "unremarkable", milliPoints: -2749),
            Contribution(name: "multiplicity", milliPoints: -5757),
            Contribution(name: "impact", milliPoints: 5020),
        ]
        alert.techniques = ["AML.T0043.001", "AML.T0042", "AML.T0040"]
        alert.sampleID = 88_123_401
        alert.configurationID = "sha256:5b1f"
        alert.calibrationID = "sha256:91c0"
        return alert
    }

    /// The same alert when it is over.
    static func resolved() throws -> AlertSnapshot {
        var alert = try alert()
        alert.level = .low
        alert.previousLevel = .high
        alert.peakLevel = .critical
        alert.score = 21_004
        alert.state = .resolved
        alert.verdict = .attack
        alert.assignee = "kim"
        alert.updatedAt = time("2026-09-01T11:00:00.000Z")
        alert.endsAt = time("2026-09-01T11:00:00.000Z")
        return alert
    }

    static func endpointAlert() throws -> AlertSnapshot {
        var alert = AlertSnapshot(
            id: try id("01J6Q7R8S9TAVBWCXDYEZF0G1K"),
            subject: .endpoint("pager"),
            level: .high,
            startsAt: time("2026-09-01T10:15:35.250Z")
        )
        alert.detail = "the endpoint pager was disabled: it has failed for 5 days"
        return alert
    }

    static func message(
        _ type: MessageType = .alertFiring,
        _ alerts: [AlertSnapshot],
        truncated: Int = 0
    ) throws -> Message {
        Message(
            id: try #require(MessageID("msg_01J6Q7R9Z0TAVBWCXDYEZF0G1H")),
            type: type,
            timestamp: time("2026-09-01T10:15:40.000Z"),
            dedupKey: alerts.first?.dedupKey ?? "riskd/endpoint-test/soc",
            groupKey: alerts.isEmpty ? "" : "{}:{alertname=\"RiskdUserRiskHigh\", model=\"chest-xray-v7\"}",
            groupLabels: alerts.isEmpty
                ? []
                : [AlertLabel("alertname", "RiskdUserRiskHigh"), AlertLabel("model", "chest-xray-v7")],
            reason: alerts.isEmpty ? .other : .first,
            alerts: alerts,
            truncatedAlerts: truncated
        )
    }

    /// Every message that formats are tried with, by the name of its golden files.
    static func all() throws -> [(name: String, message: Message)] {
        var acknowledged = try alert()
        acknowledged.state = .acknowledged
        acknowledged.assignee = "kim"
        var campaign = try alert()
        campaign.subject = .entity(.campaign(812, model: ModelID("chest-xray-v7")))
        campaign.level = .critical
        campaign.score = 96_500
        campaign.dedupKey = campaign.subject.dedupKey(level: .critical)
        var service = try alert()
        service.subject = .entity(.global)
        service.lane = nil
        service.falseAlarmBound = nil
        service.calibrationID = nil
        return [
            ("firing", try message(.alertFiring, [alert()])),
            ("acknowledged", try message(.alertAcknowledged, [acknowledged])),
            ("resolved", try message(.alertResolved, [resolved()])),
            ("group", try message(.alertUpdated, [alert(), campaign, resolved()], truncated: 4)),
            ("service", try message(.alertUpdated, [service])),
            ("endpoint", try message(.alertFiring, [endpointAlert()])),
            ("test", try message(.endpointTest, [])),
        ]
    }

    /// Texts that some receiver could take for something else than a name.
    static let hostile = [
        "<!channel> <@U123> <https://evil.example|click>", "a|b=c\\d]e\"f", "x\" level=\"info\" y=\"",
        "line\nbreak\r\nCEF:0|fake|fake|1|a|b|10|", "\u{202E}drowssap\u{2066}\u{0}\u{7F}\u{85}\u{2028}",
        "{{title}}", "' ; DROP TABLE alerts; --", "=cmd|' /C calc'!A0", "\u{1F468}\u{200D}\u{1F469}",
        "é\u{301}",
        String(repeating: "Z\u{308}", count: 400), String(repeating: "<&>", count: 5000), "]\\\"", "", " ",
    ]
}
