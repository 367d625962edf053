import Domain

/// A message as the outbox keeps it, so that every try sends the same.
struct MessageDocument: Codable {
    private struct Label: Codable {
        let name: String
        let value: String
    }

    private let id: String
    private let type: String
    private let timestamp: Int64
    private let dedupKey: String
    private let groupKey: String
    private let groupLabels: [Label]
    private let reason: String
    private let alerts: [SnapshotDocument]
    private let truncated: Int

    init(_ message: Message) {
        id = message.id.description
        type = message.type.rawValue
        timestamp = message.timestamp.milliseconds
        dedupKey = message.dedupKey
        groupKey = message.groupKey
        groupLabels = message.groupLabels.map { Label(name: $0.name, value: $0.value) }
        reason = message.reason.rawValue
        alerts = message.alerts.map(SnapshotDocument.init)
        truncated = message.truncatedAlerts
    }

    /// The message; nil when the document holds what riskd never writes.
    var message: Message? {
        let snapshots = alerts.compactMap(\.snapshot)
        guard let id = MessageID(id), let type = MessageType(rawValue: type),
            let reason = Message.Reason(rawValue: reason), snapshots.count == alerts.count
        else { return nil }
        return Message(
            id: id,
            type: type,
            timestamp: Timestamp(milliseconds: timestamp),
            dedupKey: dedupKey,
            groupKey: groupKey,
            groupLabels: groupLabels.map { AlertLabel($0.name, $0.value) },
            reason: reason,
            alerts: snapshots,
            truncatedAlerts: truncated
        )
    }
}
