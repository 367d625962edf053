import Domain
import Runtime

/// What Alertmanager sends to its webhook receivers, version 4.
struct AlertmanagerReceiver: Receiver {
    /// The endpoint's name.
    let name: String

    init(_ setup: ReceiverSetup) { self.init(name: setup.endpoint.name) }

    init(name: String) { self.name = name }

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        let body = try message.fitted { json($0, context) }
        return Payload(contentType: "application/json", parts: [body])
    }

    private func json(_ message: Message, _ context: MessageContext) -> JSONValue {
        let alerts = PrometheusAlert.all(of: message, context)
        let key = message.groupKey.isEmpty ? "{}:{\(message.type.rawValue)}" : message.groupKey
        return .object([
            "receiver": .string(name),
            "status": .string(alerts.contains { $0.isFiring } ? "firing" : "resolved"),
            "alerts": .array(alerts.map(json)),
            "notification_reason": .string(message.reason.rawValue),
            "groupLabels": object(message.groupLabels.map { AlertLabel($0.name, bounded($0.value)) }),
            "commonLabels": object(common(alerts.map(\.labels))),
            "commonAnnotations": object(common(alerts.map(\.annotations))),
            // Routes of Alertmanager's, which riskd has none of.
            "routeLabels": .object([]),
            "externalURL": .string(context.externalURL ?? ""),
            "version": "4",
            "groupKey": .string(bounded(key, to: 1024)),
            "truncatedAlerts": .integer(Int64(message.truncatedAlerts)),
        ])
    }

    private func json(_ alert: PrometheusAlert) -> JSONValue {
        .object([
            "status": .string(alert.isFiring ? "firing" : "resolved"),
            "labels": object(alert.labels),
            "annotations": object(alert.annotations),
            "startsAt": .string(alert.startsAt.shortText),
            "endsAt": .string(alert.endsAt?.shortText ?? "0001-01-01T00:00:00Z"),
            "generatorURL": .string(alert.generatorURL ?? ""),
            "fingerprint": .string(alert.fingerprint),
        ])
    }
}

/// The labels that all of `sets` have with the same value, in the first one's order.
private func common(_ sets: [[AlertLabel]]) -> [AlertLabel] {
    (sets.first ?? []).filter { label in sets.allSatisfy { $0.contains(label) } }
}

func object(_ labels: [AlertLabel]) -> JSONValue {
    .object(labels.map { member($0.name, .string($0.value)) })
}
