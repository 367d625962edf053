extension AlertSnapshot {
    /// The same under a new name.
    package func replacing(_ name: NameReplacement) -> AlertSnapshot {
        var alert = self
        if let entity = subject.entity, entity.user == name.name {
            alert.subject = .entity(name.entity(entity))
            let old = "riskd/user/\(name.name)/"
            if dedupKey.hasPrefix(old) {
                alert.dedupKey = "riskd/user/\(name.pseudonym)/" + dedupKey.dropFirst(old.count)
            }
        }
        alert.contributions = contributions.map(name.contribution)
        alert.detail = name.text(detail)
        return alert
    }
}

extension Message {
    /// The same under a new name.
    package func replacing(_ name: NameReplacement) -> Message {
        let renamed = alerts.map { $0.replacing(name) }
        // Of several alerts each key is that of one of them.
        let keys = Dictionary(zip(alerts.map(\.dedupKey), renamed.map(\.dedupKey))) { first, _ in first }
        return Message(
            id: id,
            type: type,
            timestamp: timestamp,
            dedupKey: keys[dedupKey] ?? name.groupKey(dedupKey),
            groupKey: name.groupKey(groupKey),
            groupLabels: groupLabels.map(name.label),
            reason: reason,
            alerts: renamed,
            truncatedAlerts: truncatedAlerts
        )
    }
}
