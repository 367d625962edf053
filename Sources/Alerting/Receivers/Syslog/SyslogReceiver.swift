import Domain
import Runtime

/// Lines of RFC 5424: structured data for programs, a sentence for people.
struct SyslogReceiver: Receiver {
    init(_ setup: ReceiverSetup) {}

    init() {}

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        try syslogPayload(message, context) { alert in
            let text = alert?.title ?? message.eventText
            // RFC 5424 section 6.4: text that is not ASCII begins with a byte order mark.
            return (text.utf8.allSatisfy { $0 < 0x80 } ? "" : "\u{FEFF}") + text
        }
    }
}

/// Lines of RFC 5424 whose message is ArcSight's Common Event Format, version 0.
struct CEFReceiver: Receiver {
    init(_ setup: ReceiverSetup) {}

    init() {}

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        try syslogPayload(message, context) { alert in cef(alert, message, context) }
    }

    private func cef(_ alert: AlertSnapshot?, _ message: Message, _ context: MessageContext)
        -> String
    {
        guard let alert else {
            return header(context, message.type.rawValue, message.eventText, 1)
                + "externalId=\(message.id)"
        }
        let isEntity = alert.subject.entity != nil
        let event = isEntity ? "\(alert.subject.kind).risk.\(alert.level)" : alert.subject.kind
        let name =
            isEntity ? "\(capitalized(alert.subject.kind)) risk \(alert.level)" : alert.title
        var fields: [(String, String)] = []
        if let user = alert.subject.entity?.user { fields.append(("suser", bounded(user.name))) }
        if let model = alert.subject.model {
            fields += [("cs1Label", "model"), ("cs1", bounded(model.name))]
        }
        if let score = alert.score {
            fields += [("cn1Label", "riskScore"), ("cn1", String((score + 500) / 1000))]
        }
        fields.append(("externalId", alert.id.description))
        if let campaign = alert.subject.entity?.campaign {
            fields += [("cn2Label", "campaign"), ("cn2", String(campaign))]
        }
        if let lane = alert.lane { fields += [("cs2Label", "lane"), ("cs2", lane.description)] }
        if !alert.techniques.isEmpty {
            fields += [
                ("cs3Label", "techniques"), ("cs3", alert.techniques.prefix(8).joined(separator: " ")),
            ]
        }
        fields.append(("act", message.type.rawValue))
        fields.append(("start", String(alert.startsAt.milliseconds)))
        if let end = alert.endsAt { fields.append(("end", String(end.milliseconds))) }
        fields.append(("msg", alert.title))
        let extensions = fields.map { "\($0.0)=\(value($0.1))" }.joined(separator: " ")
        return header(context, event, name, severity(alert)) + extensions
    }

    private func header(_ context: MessageContext, _ event: String, _ name: String, _ severity: Int) -> String
    {
        let parts = ["riskd", "riskd", context.version, event, name, String(severity)]
        return "CEF:0|" + parts.map(headerPart).joined(separator: "|") + "|"
    }

    private func severity(_ alert: AlertSnapshot) -> Int {
        switch alert.level {
        case .info: 1
        case .low: 3
        case .medium: 5
        case .high: 8
        case .critical: 10
        }
    }

    private func headerPart(_ text: String) -> String { escaping("|\\", in: printable(text)) }

    /// Line breaks and the like have become visible before, so they cannot begin another line.
    private func value(_ text: String) -> String { escaping("=\\", in: printable(text)) }
}

/// A line for each alert.
private func syslogPayload(
    _ message: Message,
    _ context: MessageContext,
    _ text: (AlertSnapshot?) -> String
) throws(FormatError) -> Payload {
    let alerts: [AlertSnapshot?] = message.alerts.isEmpty ? [nil] : message.alerts
    var parts: [[UInt8]] = []
    for alert in alerts {
        let line = Array((syslogHead(alert, message, context) + " " + text(alert)).utf8)
        guard line.count < Payload.limit else { throw .tooLong(bytes: line.count) }
        parts.append(line)
    }
    return Payload(contentType: "application/syslog", parts: parts)
}

/// Priority to structured data (RFC 5424 section 6.2 and 6.3).
private func syslogHead(
    _ alert: AlertSnapshot?,
    _ message: Message,
    _ context: MessageContext
) -> String {
    // Facility 13, log audit.
    let priority = 13 * 8 + severity(alert)
    let time = (alert?.updatedAt ?? message.timestamp).description
    let host = clipped(
        String(decoding: context.host.utf8.filter { $0 > 32 && $0 < 127 }, as: UTF8.self),
        to: 255
    )
    let kind = messageKind(message.type)
    let head = "<\(priority)>1 \(time) \(host.isEmpty ? "-" : host) riskd \(context.process) \(kind)"
    return head + " [riskd@32473"
        + parameters(alert, message).map { name, value in
            " \(name)=\"\(escaping("\"\\]", in: printable(value)))\""
        }.joined() + "]"
}

private func parameters(
    _ alert: AlertSnapshot?,
    _ message: Message
) -> [(name: String, value: String)] {
    let id = ("message", message.id.description)
    guard let alert else { return [("type", message.type.rawValue), id] }
    var parameters = [("entity", bounded(alert.subject.id)), ("level", alert.level.description)]
    if let score = alert.score { parameters.append(("score", JSONValue.number(Double(score) / 1000).text)) }
    parameters += [("kind", alert.subject.kind), ("status", alert.status)]
    if let model = alert.subject.model { parameters.append(("model", bounded(model.name))) }
    if let lane = alert.lane { parameters.append(("lane", lane.description)) }
    return parameters + [("type", message.type.rawValue), ("alert", alert.id.description), id]
}

private func severity(_ alert: AlertSnapshot?) -> Int {
    guard let alert else { return 6 }
    guard alert.isFiring else { return 5 }
    return switch alert.level {
    case .info: 6
    case .low: 5
    case .medium: 4
    case .high: 2
    case .critical: 1
    }
}

private func messageKind(_ type: MessageType) -> String {
    switch type {
    case .alertFiring, .alertUpdated, .alertAcknowledged, .alertResolved: "ALERT"
    case .riskLevelChanged: "LEVEL"
    case .detectorDegraded, .detectorRecovered: "DETECTOR"
    case .ingestBlind, .ingestRecovered: "INGEST"
    case .calibrationSuspect: "CALIBRATION"
    case .auditCheckpoint: "AUDIT"
    case .drillStarted, .drillFinished: "DRILL"
    case .endpointTest: "TEST"
    }
}

/// `text` with a backslash before each of `characters`.
private func escaping(_ characters: String, in text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if characters.unicodeScalars.contains(scalar) { result.append("\\") }
        result.append(scalar)
    }
    return String(result)
}
