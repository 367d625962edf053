/// Names a message; a receiver that has seen the id before may ignore it.
package struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 128 bits.
    package let value: ULID

    package init(_ value: ULID) { self.value = value }

    /// Parses what ``description`` prints; nil when `text` is not an id.
    package init?(_ text: String) {
        guard text.hasPrefix("msg_"), let value = ULID(String(text.dropFirst(4))) else { return nil }
        self.value = value
    }

    /// Such as `msg_01J6Q7R8S9TAVBWCXDYEZF0G1H`.
    package var description: String { "msg_\(value)" }

    package static func < (left: MessageID, right: MessageID) -> Bool { left.value < right.value }
}

/// What a message says.
package enum MessageType: String, Hashable, Sendable, CaseIterable {
    /// An alert opened, was reopened, or goes on.
    case alertFiring = "alert.firing"
    /// A firing alert changed: its level, its assignee, its verdict.
    case alertUpdated = "alert.updated"
    /// Somebody looks at an alert.
    case alertAcknowledged = "alert.acknowledged"
    /// An alert is over.
    case alertResolved = "alert.resolved"
    /// A level changed, whether or not it alerts.
    case riskLevelChanged = "risk.level.changed"
    /// A detector says nothing.
    case detectorDegraded = "detector.degraded"
    /// It speaks again.
    case detectorRecovered = "detector.recovered"
    /// Lines of a source, or of a model, are of no use: what they show is not seen.
    case ingestBlind = "ingest.blind"
    /// They are again.
    case ingestRecovered = "ingest.recovered"
    /// Benign traffic looks different from what a calibration was built from.
    case calibrationSuspect = "calibration.suspect"
    /// The audit log's signed state.
    case auditCheckpoint = "audit.checkpoint"
    /// A fire drill began.
    case drillStarted = "drill.started"
    /// A fire drill ended.
    case drillFinished = "drill.finished"
    /// Somebody tries an endpoint.
    case endpointTest = "endpoint.test"
}

/// One message to one endpoint, before it is rendered in the endpoint's format.
package struct Message: Hashable, Sendable {
    /// Why a group of alerts is told of now; the words of Alertmanager's webhook.
    package enum Reason: String, Hashable, Sendable {
        /// Nothing was sent of the group before.
        case first = "first notification"
        /// Alerts joined the group, or rose.
        case changed = "new alerts firing"
        /// Alerts of the group are over.
        case resolved = "alerts resolved"
        /// Nothing changed for as long as the repeat interval.
        case `repeat` = "repeat interval elapsed"
        /// Not a matter of groups.
        case other = "event"
    }

    /// The same however often the message is delivered.
    package let id: MessageID
    /// What it says.
    package let type: MessageType
    /// When that was so: the signed timestamp is that of each attempt, not this.
    package let timestamp: Timestamp
    /// In which order messages are delivered to an endpoint: those of one key one after the other.
    package let dedupKey: String
    /// The group that the alerts are told of together, such as `{}:{alertname="RiskdUserRiskHigh"}`.
    package let groupKey: String
    /// What the group's alerts have in common by configuration.
    package let groupLabels: [AlertLabel]
    /// Why now.
    package let reason: Reason
    /// The alerts, firing ones first, then by id; one unless the endpoint groups; none for types without alerts.
    package let alerts: [AlertSnapshot]
    /// How many alerts of the group were left out to keep the message small.
    package let truncatedAlerts: Int

    /// A message.
    package init(
        id: MessageID,
        type: MessageType,
        timestamp: Timestamp,
        dedupKey: String,
        groupKey: String = "",
        groupLabels: [AlertLabel] = [],
        reason: Reason = .other,
        alerts: [AlertSnapshot] = [],
        truncatedAlerts: Int = 0
    ) {
        self.id = id
        self.type = type
        self.timestamp = timestamp
        self.dedupKey = dedupKey
        self.groupKey = groupKey
        self.groupLabels = groupLabels
        self.reason = reason
        self.alerts = alerts
        self.truncatedAlerts = truncatedAlerts
    }
}
