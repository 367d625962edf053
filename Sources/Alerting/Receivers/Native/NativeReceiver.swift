import Domain
import Runtime

/// riskd's own JSON (docs/webhooks.md#native): `type`, `timestamp`, `data`.
///
/// `data` is the alert, or for endpoints that group a list of alerts with what they have in common.
struct NativeReceiver: Receiver {
    /// Whether `data` is a list, also of one alert.
    let isGrouped: Bool

    init(_ setup: ReceiverSetup) { self.init(isGrouped: setup.endpoint.grouping.labels != nil) }

    init(isGrouped: Bool) { self.isGrouped = isGrouped }

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        let body = try message.fitted { message in
            .object([
                "type": .string(message.type.rawValue),
                "timestamp": .string(message.timestamp.description),
                "data": data(message, context),
            ])
        }
        return Payload(contentType: "application/json", parts: [body])
    }

    private func data(_ message: Message, _ context: MessageContext) -> JSONValue {
        guard let alert = message.alerts.first else {
            return .object(["message": .string(message.eventText)])
        }
        guard isGrouped else { return self.alert(alert, context) }
        return .object([
            "group_key": .string(bounded(message.groupKey, to: 1024)),
            "group_labels": .object(
                message.groupLabels.map { member($0.name, .string(bounded($0.value))) }
            ),
            "reason": .string(message.reason.rawValue),
            "alerts": .array(message.alerts.map { self.alert($0, context) }),
            "truncated_alerts": .integer(Int64(message.truncatedAlerts)),
        ])
    }

    private func alert(_ alert: AlertSnapshot, _ context: MessageContext) -> JSONValue {
        var members = [
            member("alert_id", .string(alert.id.description)),
            member("dedup_key", .string(bounded(alert.dedupKey, to: 1024))),
            member("status", .string(alert.status)),
        ]
        // What is as it usually is goes without saying.
        if alert.state != .open { members.append(member("state", .string(alert.state.rawValue))) }
        if let assignee = alert.assignee { members.append(member("assignee", .string(bounded(assignee)))) }
        if let verdict = alert.verdict { members.append(member("verdict", .string(verdict.rawValue))) }
        let subject = JSONValue.object([
            "kind": .string(alert.subject.kind), "id": .string(bounded(alert.subject.id)),
        ])
        members.append(member("entity", subject))
        if let model = alert.subject.model { members.append(member("model", .string(bounded(model.name)))) }
        if let score = alert.score {
            members += [
                member("risk", risk(alert, score)),
                member(
                    "contributions",
                    .object(
                        alert.contributions.prefix(16)
                            .map { member(bounded($0.name), .number(Double($0.milliPoints) / 1000)) }
                    )
                ),
            ]
        } else {
            members.append(member("level", .string(alert.level.description)))
        }
        if !alert.detail.isEmpty {
            members.append(member("detail", .string(clipped(alert.detail, to: 1024))))
        }
        members.append(member("techniques", .array(alert.techniques.prefix(16).map { .string($0) })))
        members.append(member("starts_at", .string(alert.startsAt.description)))
        if let end = alert.endsAt { members.append(member("ends_at", .string(end.description))) }
        if let sample = alert.sampleID { members.append(member("sample_id", .integer(sample))) }
        if let base = context.externalURL {
            var links = [member("ui", .string("\(base)/alerts/\(alert.id)"))]
            if let sample = alert.sampleID {
                links.append(member("explain", .string("\(base)/api/v1/samples/\(sample)/explain")))
            }
            members.append(member("links", .object(links)))
        }
        if let id = alert.configurationID { members.append(member("config_id", .string(id))) }
        if let id = alert.calibrationID { members.append(member("calibration_id", .string(id))) }
        members.append(member("drill", .bool(alert.isDrill)))
        return .object(members)
    }

    private func risk(_ alert: AlertSnapshot, _ score: Int64) -> JSONValue {
        var members = [
            member("score", .number(Double(score) / 1000)),
            member("level", .string(alert.level.description)),
            member("previous_level", .string(alert.previousLevel.description)),
        ]
        if alert.peakLevel > alert.level {
            members.append(member("peak_level", .string(alert.peakLevel.description)))
        }
        if alert.isPinned { members.append(member("pinned", true)) }
        if let lane = alert.lane { members.append(member("lane", .string(lane.description))) }
        members.append(member("evidence_bits", .number(alert.evidenceBits)))
        members.append(member("impact_weight", .number(Double(alert.impactWeight) / 1000)))
        if let bound = alert.falseAlarmBound {
            let value = JSONValue.object([
                "per_million_queries": .number(bound.perMillionQueries),
                "calibration_confidence": .number(bound.calibrationConfidence),
            ])
            members.append(member("false_alarm_bound", value))
        }
        return .object(members)
    }
}

func member(_ key: String, _ value: JSONValue) -> JSONValue.Member { JSONValue.Member(key, value) }
