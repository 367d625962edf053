import Domain
import Runtime

/// A message for a Slack incoming webhook.
///
/// What an outsider chose is escaped (a user named `<!channel>` would call everybody) and `verbatim`, so that Slack makes
/// no links of it. Limits: header 150 characters, section 3,000, a section's fields 10, blocks 50.
struct SlackReceiver: Receiver {
    init(_ setup: ReceiverSetup) {}

    init() {}

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        let body = try message.fitted { message in
            .object([
                "text": .string(escaped(headline(message, isLong: true), to: 3000)),
                "unfurl_links": false,
                "unfurl_media": false,
                "blocks": .array(blocks(message, context)),
            ])
        }
        return Payload(contentType: "application/json", parts: [body])
    }

    private func headline(_ message: Message, isLong: Bool) -> String {
        guard let alert = message.leader else { return message.eventText }
        let others = message.total > 1 ? " and \(message.total - 1) more" : ""
        guard let score = alert.score else { return "\(status(alert)): \(alert.title)\(others)" }
        let onModel = isLong ? alert.onModel : ""
        let risk = isLong ? " risk" : ""
        return "\(status(alert))\(risk) \(points(score)): \(alert.subjectText)\(onModel)\(others)"
    }

    private func status(_ alert: AlertSnapshot) -> String {
        switch alert.state {
        case .resolved: "RESOLVED"
        case .acknowledged: "ACKNOWLEDGED \(alert.level.description.uppercased())"
        case .open: alert.isFiring ? alert.level.description.uppercased() : "RESOLVED"
        }
    }

    private func blocks(_ message: Message, _ context: MessageContext) -> [JSONValue] {
        var blocks = [
            JSONValue.object([
                "type": "header",
                "text": plain(escaped(headline(message, isLong: false), to: 150)),
            ])
        ]
        guard let leader = message.leader else { return blocks }
        if message.total > 1 {
            blocks += message.alerts.prefix(10).map { alert in
                .object(["type": "section", "text": marked("\u{2022} \(alert.status): \(alert.title)")])
            }
            let rest = message.total - min(10, message.alerts.count)
            if rest > 0 {
                blocks.append(.object(["type": "section", "text": marked("and \(rest) more")]))
            }
        } else {
            blocks.append(.object(["type": "section", "fields": .array(fields(leader))]))
        }
        if let page = context.page(of: leader) {
            let button = JSONValue.object([
                "type": "button", "text": plain("Open in riskd"), "url": .string(page),
            ])
            blocks.append(.object(["type": "actions", "elements": .array([button])]))
        }
        let sample = leader.sampleID.map { ", sample \($0)" } ?? ""
        let note = "alert \(leader.id)\(sample), no image data in this message"
        blocks.append(.object(["type": "context", "elements": .array([marked(note)])]))
        return blocks
    }

    private func fields(_ alert: AlertSnapshot) -> [JSONValue] {
        var fields: [JSONValue] = []
        if let model = alert.subject.model { fields.append(field("Model", bounded(model.name, to: 80))) }
        if let lane = alert.lane { fields.append(field("Lane", "\(lane), \(bits(alert)) bits")) }
        let why = alert.reasons.prefix(2).map { "\($0.words) \($0.points)" }.joined(separator: ", ")
        if !why.isEmpty { fields.append(field("Why", why)) }
        if !alert.techniques.isEmpty {
            fields.append(field("ATLAS", alert.techniques.prefix(3).joined(separator: ", ")))
        }
        if let assignee = alert.assignee { fields.append(field("Assignee", bounded(assignee, to: 80))) }
        if let verdict = alert.verdict { fields.append(field("Verdict", verdict.rawValue)) }
        if fields.isEmpty { fields.append(field("Level", alert.level.description)) }
        return fields
    }

    private func bits(_ alert: AlertSnapshot) -> String {
        points(Int64((alert.evidenceBits * 1000).rounded()))
    }

    private func field(_ name: String, _ value: String) -> JSONValue {
        .object([
            "type": "mrkdwn", "text": .string("*\(name)*\n" + escaped(printable(value), to: 1900)),
            "verbatim": true,
        ])
    }

    private func marked(_ text: String) -> JSONValue {
        .object(["type": "mrkdwn", "text": .string(escaped(text, to: 3000)), "verbatim": true])
    }

    private func plain(_ text: String) -> JSONValue {
        .object(["type": "plain_text", "text": .string(text), "emoji": false])
    }
}

/// `text` with Slack's three special characters as entities, at most `limit` characters and no entity cut.
private func escaped(_ text: String, to limit: Int) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        let piece: String =
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: String(scalar)
            }
        // Slack counts as JavaScript does.
        count += piece.utf16.count
        guard count <= limit else { break }
        result += piece
    }
    return result
}
