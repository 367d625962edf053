import Domain

/// The alerts that an Alertmanager must be told of again, because it forgets those that are not: a state machine.
///
/// A firing alert is sent again every minute; one that is over for five minutes more, so that the end is not missed.
struct PushBook: Sendable {
    private struct Entry {
        var alert: AlertSnapshot
        /// When it was last sent.
        var sentAt: Timestamp
        /// When sending it again ends; nil while it fires.
        var until: Timestamp?
    }

    private var entries: [AlertID: Entry] = [:]

    /// Something was sent of these alerts.
    mutating func sent(_ alerts: [AlertSnapshot], at now: Timestamp) {
        for alert in alerts {
            let known = entries[alert.id]
            // A message that waited long may come after one of a later state.
            if let known, known.alert.updatedAt > alert.updatedAt { continue }
            let end = known?.until ?? now + AlertmanagerPushFormat.lifetime
            entries[alert.id] = Entry(alert: alert, sentAt: now, until: alert.isFiring ? nil : end)
        }
    }

    /// What must be sent again now, by id.
    mutating func due(at now: Timestamp) -> [AlertSnapshot] {
        for (id, entry) in entries {
            if let until = entry.until, until <= now { entries[id] = nil }
        }
        return entries.values.filter { now >= $0.sentAt + AlertmanagerPushFormat.interval }
            .map(\.alert).sorted { $0.id < $1.id }
    }

    /// When something must be sent again; nil when nothing is known.
    var next: Timestamp? { entries.values.map { $0.sentAt + AlertmanagerPushFormat.interval }.min() }
}
