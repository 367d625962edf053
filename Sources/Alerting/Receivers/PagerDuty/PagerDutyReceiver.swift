import Domain
import Runtime

/// PagerDuty's Events API version 2.
struct PagerDutyReceiver: Receiver {
    /// The integration's key, 32 characters; a secret.
    let routingKey: String

    init(_ setup: ReceiverSetup) throws {
        guard let reference = setup.endpoint.secrets.first else {
            throw SecretError.missing(purpose: "the routing key")
        }
        let key = try setup.secrets.read(reference)
        guard key.value.utf8.count == 32 else {
            throw SecretError.malformed(source: key.source, expected: "a routing key of 32 characters")
        }
        self.init(routingKey: key.value)
    }

    init(routingKey: String) { self.routingKey = routingKey }

    /// The same event will be as malformed tomorrow (PagerDuty's documentation of the Events API).
    func outcome(ofStatus status: Int) -> DeliveryAttempt.Outcome? { status == 400 ? .refused : nil }

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        guard let action = action(of: message) else { return nil }
        let body = try message.fitted { event($0, action, context) }
        return Payload(contentType: "application/json", parts: [body])
    }

    private func action(of message: Message) -> String? {
        guard let leader = message.leader else {
            // What has no alert would open an incident that nothing closes; a test is meant to be seen.
            return message.type == .endpointTest ? "trigger" : nil
        }
        if message.alerts.allSatisfy({ !$0.isFiring }) { return "resolve" }
        // Only where an incident is open: a change of level below what alerts is no incident.
        guard message.type != .riskLevelChanged else { return nil }
        return leader.state == .acknowledged && message.type == .alertAcknowledged
            ? "acknowledge" : "trigger"
    }

    private func event(_ message: Message, _ action: String, _ context: MessageContext) -> JSONValue {
        var members = [
            member("routing_key", .string(routingKey)),
            member("event_action", .string(action)),
            member("dedup_key", .string(bounded(message.dedupKey, to: 255))),
        ]
        guard action == "trigger" else { return .object(members) }
        members.append(member("payload", payload(message, context)))
        if let leader = message.leader, let page = context.page(of: leader) {
            let link = JSONValue.object(["href": .string(page), "text": "Open in riskd"])
            members.append(member("links", .array([link])))
        }
        members.append(member("client", "riskd"))
        if let url = context.externalURL { members.append(member("client_url", .string(url))) }
        return .object(members)
    }

    private func payload(_ message: Message, _ context: MessageContext) -> JSONValue {
        guard let alert = message.leader else {
            return .object([
                "summary": .string(message.eventText),
                "source": .string(context.host),
                "severity": "info",
                "timestamp": .string(time(message.timestamp)),
            ])
        }
        var members = [
            member("summary", .string(clipped(summary(alert, message.total), to: 1024))),
            member("source", .string(context.host)),
            member("severity", .string(severity(alert.level))),
            member("timestamp", .string(time(message.timestamp))),
            member("component", .string(bounded(alert.subject.model?.name ?? "riskd"))),
            member("group", "ml-inference"),
            member("class", .string(alert.lane.map { "adversarial-query-\($0)" } ?? alert.subject.kind)),
        ]
        var details: [JSONValue.Member] = []
        if let score = alert.score { details.append(member("score", .number(Double(score) / 1000))) }
        details.append(member("level", .string(alert.level.description)))
        if let lane = alert.lane { details.append(member("lane", .string(lane.description))) }
        if alert.score != nil { details.append(member("evidence_bits", .number(alert.evidenceBits))) }
        if !alert.techniques.isEmpty {
            let text = alert.techniques.prefix(16).joined(separator: ", ")
            details.append(member("techniques", .string(text)))
        }
        if message.total > 1 { details.append(member("alerts", .integer(Int64(message.total)))) }
        members.append(member("custom_details", .object(details)))
        return .object(members)
    }

    private func summary(_ alert: AlertSnapshot, _ total: Int) -> String {
        let others = total > 1 ? " and \(total - 1) more" : ""
        guard let score = alert.score else { return "riskd: \(alert.title)\(others)" }
        let reason = alert.reasons.first.map { " (\($0.words))" } ?? ""
        let level = alert.level.description.uppercased()
        return "riskd: \(alert.subjectText) risk \(points(score)) \(level)\(alert.onModel)\(reason)\(others)"
    }

    private func severity(_ level: Level) -> String {
        switch level {
        case .info, .low: "info"
        case .medium: "warning"
        case .high: "error"
        case .critical: "critical"
        }
    }

    /// PagerDuty's examples write the offset as digits.
    private func time(_ time: Timestamp) -> String { time.description.dropLast() + "+0000" }
}
