import Domain
import Runtime

/// A Detection Finding of OCSF 1.8.0 (class 2004).
struct OCSFReceiver: Receiver {
    init(_ setup: ReceiverSetup) {}

    init() {}

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        // What has no alert is no finding; a test is shown as one that is closed.
        guard !message.alerts.isEmpty || message.type == .endpointTest else { return nil }
        let body = try message.fitted { message in
            let findings = message.alerts.map { finding($0, message, context) }
            guard let only = findings.first else { return test(message, context) }
            return findings.count == 1 ? only : .array(findings)
        }
        return Payload(contentType: "application/json", parts: [body])
    }

    private func finding(
        _ alert: AlertSnapshot,
        _ message: Message,
        _ context: MessageContext
    ) -> JSONValue {
        let activity = Activity(alert, message.type)
        let end = alert.endsAt ?? alert.updatedAt
        var members =
            classification(activity, time: alert.updatedAt, from: alert.startsAt, to: end)
            + severity(alert.level)
        members += [
            member("status_id", .integer(status(alert).id)),
            member("status", .string(status(alert).name)),
            member("is_alert", true),
            member("message", .string(alert.title)),
        ]
        if let bound = alert.falseAlarmBound {
            let confidence = Int64((bound.calibrationConfidence * 100).rounded())
            members.append(member("confidence_id", .integer(confidence >= 80 ? 3 : confidence >= 40 ? 2 : 1)))
            members.append(member("confidence_score", .integer(confidence)))
        }
        if alert.score != nil { members += impact(alert) + risk(alert) }
        members += [
            member("metadata", metadata(message, context, key: alert.dedupKey, sample: alert.sampleID)),
            member("finding_info", information(alert)),
        ]
        if let model = alert.subject.model {
            members.append(member("resources", .array([resource(model, alert)])))
        }
        members.append(member("evidences", .array([evidence(alert)])))
        let observables = observables(alert)
        if !observables.isEmpty { members.append(member("observables", .array(observables))) }
        if let analysis = analysis(alert) { members.append(member("anomaly_analyses", .array([analysis]))) }
        var unmapped: [JSONValue.Member] = []
        if let lane = alert.lane { unmapped.append(member("lane", .string(lane.description))) }
        if alert.isDrill { unmapped.append(member("drill", true)) }
        if !unmapped.isEmpty { members.append(member("unmapped", .object(unmapped))) }
        return .object(members)
    }

    private func test(_ message: Message, _ context: MessageContext) -> JSONValue {
        let time = message.timestamp
        return .object(
            classification(.close, time: time, from: time, to: time) + severity(.info) + [
                member("status_id", 4), member("status", "Resolved"), member("is_alert", false),
                member("message", .string(message.eventText)),
                member("metadata", metadata(message, context, key: message.dedupKey, sample: nil)),
                member(
                    "finding_info",
                    .object([
                        "uid": .string(message.id.description),
                        "title": "Test",
                        "created_time": .integer(time.milliseconds),
                    ])
                ),
            ]
        )
    }

    private enum Activity: Int64 {
        case create = 1
        case update = 2
        case close = 3

        init(_ alert: AlertSnapshot, _ type: MessageType) {
            guard alert.isFiring else {
                self = .close
                return
            }
            self =
                [.alertFiring, .detectorDegraded, .ingestBlind, .calibrationSuspect].contains(type)
                ? .create : .update
        }
    }

    private func classification(
        _ activity: Activity,
        time: Timestamp,
        from start: Timestamp,
        to end: Timestamp
    ) -> [JSONValue.Member] {
        [
            member("category_uid", 2), member("class_uid", 2004),
            member("activity_id", .integer(activity.rawValue)),
            member("type_uid", .integer(200_400 + activity.rawValue)),
            member("time", .integer(time.milliseconds)),
            member("start_time", .integer(min(start, end).milliseconds)),
            member("end_time", .integer(end.milliseconds)),
            // Times are UTC.
            member("timezone_offset", 0),
        ]
    }

    private func severity(_ level: Level) -> [JSONValue.Member] {
        let names = ["Informational", "Low", "Medium", "High", "Critical"]
        return [
            member("severity_id", .integer(Int64(level.rawValue + 1))),
            member("severity", .string(names[level.rawValue])),
        ]
    }

    private func status(_ alert: AlertSnapshot) -> (id: Int64, name: String) {
        if !alert.isFiring || alert.state == .resolved { return (4, "Resolved") }
        return alert.state == .acknowledged ? (2, "In Progress") : (1, "New")
    }

    /// The criticality in permille as a share of the highest, 2.
    private func impactScore(_ alert: AlertSnapshot) -> Int64 { min(100, max(0, alert.impactWeight / 20)) }

    private func impact(_ alert: AlertSnapshot) -> [JSONValue.Member] {
        let score = impactScore(alert)
        return [
            member("impact_id", .integer(score > 75 ? 4 : score > 50 ? 3 : score > 25 ? 2 : 1)),
            member("impact_score", .integer(score)),
        ]
    }

    private func riskScore(_ alert: AlertSnapshot) -> Int64 { ((alert.score ?? 0) + 500) / 1000 }

    private func risk(_ alert: AlertSnapshot) -> [JSONValue.Member] {
        let names = ["Info", "Low", "Medium", "High", "Critical"]
        return [
            member("risk_level_id", .integer(Int64(alert.level.rawValue))),
            member("risk_level", .string(names[alert.level.rawValue])),
            member("risk_score", .integer(riskScore(alert))),
        ]
    }

    private func metadata(
        _ message: Message,
        _ context: MessageContext,
        key: String,
        sample: Int64?
    ) -> JSONValue {
        var members = [
            member("version", "1.8.0"),
            member(
                "product",
                .object(["name": "riskd", "vendor_name": "riskd", "version": .string(context.version)])
            ),
            member("uid", .string(message.id.description)),
            member("correlation_uid", .string(bounded(key, to: 1024))),
            member("event_code", .string(message.type.rawValue)),
        ]
        if let sample { members.append(member("sequence", .integer(sample))) }
        return .object(members)
    }

    private func information(_ alert: AlertSnapshot) -> JSONValue {
        var members = [
            member("uid", .string(alert.id.description)),
            member("title", .string(alert.findingTitle)),
            member("created_time", .integer(alert.startsAt.milliseconds)),
            member("first_seen_time", .integer(alert.startsAt.milliseconds)),
            member("last_seen_time", .integer(alert.updatedAt.milliseconds)),
            member("types", .array([alert.subject.entity == nil ? "monitoring" : "adversarial-ml"])),
            member("data_sources", .array(["inference-log"])),
            member(
                "analytic",
                .object([
                    "type_id": 3, "type": "Statistical", "name": "riskd e-detector",
                    "uid": .string("riskd.edetector.\(alert.subject.kind)"), "version": "1",
                ])
            ),
        ]
        let attacks = alert.techniques.prefix(16).map { AtlasTechnique.attack($0) }
        if !attacks.isEmpty { members.append(member("attacks", .array(attacks))) }
        return .object(members)
    }

    private func resource(_ model: ModelID, _ alert: AlertSnapshot) -> JSONValue {
        let score = impactScore(alert)
        let criticality = score > 75 ? "critical" : score > 50 ? "high" : score > 25 ? "medium" : "low"
        let name = JSONValue.string(bounded(model.name))
        return .object([
            "type": "ML model", "uid": name, "name": name, "criticality": .string(criticality), "role_id": 1,
            "role": "Target",
        ])
    }

    private func evidence(_ alert: AlertSnapshot) -> JSONValue {
        var members: [JSONValue.Member] = []
        if let user = alert.subject.entity?.user {
            let value = JSONValue.object([
                "uid": .string(bounded(user.name)), "type_id": 1, "risk_score": .integer(riskScore(alert)),
                "risk_level_id": .integer(Int64(alert.level.rawValue)),
            ])
            members.append(member("user", value))
        }
        var data = [member("entity_kind", .string(alert.subject.kind))]
        data.append(member("entity", .string(bounded(alert.subject.id))))
        if let sample = alert.sampleID { data.append(member("sample_id", .integer(sample))) }
        if alert.score != nil { data.append(member("evidence_bits", .number(alert.evidenceBits))) }
        members.append(member("data", .object(data)))
        let verdict: Int64 =
            switch alert.verdict {
            case .attack: 2
            case .benign: 5
            case .test: 6
            case .unknown: 0
            case nil: 4
            }
        members.append(member("verdict_id", .integer(verdict)))
        return .object(members)
    }

    /// What can be looked for elsewhere, as paths into the finding (31: a user's uid, 10: a resource's).
    private func observables(_ alert: AlertSnapshot) -> [JSONValue] {
        var observables: [JSONValue] = []
        func add(_ path: String, _ type: Int64, _ value: String) {
            observables.append(
                .object(["name": .string(path), "type_id": .integer(type), "value": .string(bounded(value))])
            )
        }
        if let user = alert.subject.entity?.user { add("evidences[0].user.uid", 31, user.name) }
        if let model = alert.subject.model { add("resources[0].uid", 10, model.name) }
        return observables
    }

    private func analysis(_ alert: AlertSnapshot) -> JSONValue? {
        let anomalies = alert.reasons.prefix(8).map { reason in
            JSONValue.object([
                "observation_parameter": .string(reason.words),
                "observations": .array([.object(["value": .string("\(reason.points) points of the score")])]),
            ])
        }
        guard !anomalies.isEmpty else { return nil }
        let type = alert.subject.kind == "user" ? "User Account" : alert.subject.kind
        return .object([
            "analysis_targets": .array([
                .object(["name": .string(bounded(alert.subject.id)), "type": .string(type)])
            ]),
            "anomalies": .array(anomalies),
        ])
    }
}

extension AlertSnapshot {
    /// What was found, in a few words.
    fileprivate var findingTitle: String {
        guard subject.entity != nil else { return title }
        return lane.map { "Adversarial query \($0)" } ?? "Adversarial queries"
    }
}
