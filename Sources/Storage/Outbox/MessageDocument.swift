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

    init(_ notification: Notification) {
        id = notification.id.description
        type = notification.type.rawValue
        timestamp = notification.timestamp.milliseconds
        dedupKey = notification.dedupKey
        groupKey = notification.groupKey
        groupLabels = notification.groupLabels.map { Label(name: $0.name, value: $0.value) }
        reason = notification.reason.rawValue
        alerts = notification.alerts.map(SnapshotDocument.init)
        truncated = notification.truncatedAlerts
    }

    /// The message; nil when the document holds what riskd never writes.
    var notification: Notification? {
        let snapshots = alerts.compactMap(\.snapshot)
        guard let id = MessageID(id), let type = NotificationType(rawValue: type),
            let reason = Notification.Reason(rawValue: reason), snapshots.count == alerts.count
        else { return nil }
        return Notification(
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
