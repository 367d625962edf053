/// Something about an alert that somebody may want to know; the router makes messages of it.
package struct AlertNotice: Hashable, Sendable {
    /// Its place in the order of notices, without gaps.
    package let number: Int64
    /// What it says.
    package let type: MessageType
    /// What happened to the alert; nil for a level change that is no alert.
    package let event: AlertEvent.Kind?
    /// The alert after it.
    package let snapshot: AlertSnapshot

    package init(number: Int64, type: MessageType, event: AlertEvent.Kind?, snapshot: AlertSnapshot) {
        self.number = number
        self.type = type
        self.event = event
        self.snapshot = snapshot
    }
}
