import Domain

/// The alerts that a receiver must be told of again, because it forgets those that it is not: a state machine.
///
/// A firing alert is told of again at every interval; one that is over for a lifetime more, so that the end is not missed.
struct Reminders: Sendable {
    private struct Entry {
        var alert: AlertSnapshot
        /// When it was last sent.
        var sentAt: Timestamp
        /// When sending it again ends; nil while it fires.
        var until: Timestamp?
    }

    /// How the receiver is told again.
    let reminding: Reminding
    private var entries: [AlertID: Entry] = [:]

    /// An empty book.
    init(_ reminding: Reminding) { self.reminding = reminding }

    /// Something was sent of these alerts.
    mutating func sent(_ alerts: [AlertSnapshot], at now: Timestamp) {
        for alert in alerts {
            let known = entries[alert.id]
            // A message that waited long may come after one of a later state.
            if let known, known.alert.updatedAt > alert.updatedAt { continue }
            let end = known?.until ?? now + reminding.lifetime
            entries[alert.id] = Entry(alert: alert, sentAt: now, until: alert.isFiring ? nil : end)
        }
    }

    /// What must be sent again now, by id.
    mutating func due(at now: Timestamp) -> [AlertSnapshot] {
        for (id, entry) in entries {
            if let until = entry.until, until <= now { entries[id] = nil }
        }
        return entries.values.filter { now >= $0.sentAt + reminding.interval }
            .map(\.alert).sorted { $0.id < $1.id }
    }

    /// When something must be sent again; nil when nothing is known.
    var next: Timestamp? { entries.values.map { $0.sentAt + reminding.interval }.min() }
}
