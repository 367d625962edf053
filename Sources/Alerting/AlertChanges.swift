package import Domain

/// What became of alerts: rows for the transaction that caused it.
package struct AlertChanges: Hashable, Sendable {
    /// Alerts as they are now, by id.
    package private(set) var alerts: [AlertID: Alert] = [:]
    /// What happened to them, in order.
    package private(set) var events: [AlertEvent] = []
    /// What somebody may want to know, in order.
    package private(set) var notices: [AlertNotice] = []

    /// Nothing.
    package init() {}

    /// Adds what happened after this.
    package mutating func append(_ next: AlertChanges) {
        alerts.merge(next.alerts) { $1 }
        events += next.events
        notices += next.notices
    }

    mutating func set(_ alert: Alert) { alerts[alert.snapshot.id] = alert }

    mutating func add(_ event: AlertEvent) { events.append(event) }

    mutating func add(_ notice: AlertNotice) { notices.append(notice) }
}
