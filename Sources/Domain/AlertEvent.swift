/// Something that happened in the life of an alert; never changed once it is written.
package struct AlertEvent: Hashable, Sendable {
    /// What happened.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Its subject's level reached the least that alerts.
        case opened
        /// The level rose further.
        case escalated
        /// The level fell, but not below the least that alerts.
        case lowered
        /// Somebody looks at it.
        case acknowledged
        /// Somebody is to look after it, or no longer.
        case assigned
        /// Somebody wrote something down.
        case noted
        /// Somebody found it to be an attack: the level is pinned.
        case confirmed
        /// It is over.
        case resolved
        /// Somebody thought better of its verdict.
        case judged
        /// It is not over after all.
        case reopened
        /// It had been resolved by a person, and now its level has fallen too.
        case ended
    }

    /// Which alert's.
    package let alert: AlertID
    /// Its place in the alert's life, from 1 on.
    package let number: Int
    /// What happened.
    package let kind: Kind
    /// When, in event time: the end of the last closed tick.
    package let time: Timestamp
    /// Who did it; `riskd` where it happened by itself.
    package let actor: String
    /// When a person asked for it, by the wall clock.
    package let requestedAt: Timestamp?
    /// The level after it.
    package let level: Level
    /// The score after it, in milli-points.
    package let score: Int64?
    /// Who looks after the alert after it.
    package let assignee: String?
    /// The verdict after it.
    package let verdict: Verdict?
    /// What somebody wrote; may be empty.
    package let note: String
    /// The action that asked for it.
    package let action: Int64?

    /// An event.
    package init(
        alert: Alert,
        kind: Kind,
        time: Timestamp,
        by action: AlertAction? = nil
    ) {
        self.alert = alert.snapshot.id
        number = alert.events
        self.kind = kind
        self.time = time
        actor = action?.actor ?? Alert.riskd
        requestedAt = action?.requestedAt
        level = alert.snapshot.level
        score = alert.snapshot.score
        assignee = alert.snapshot.assignee
        verdict = alert.snapshot.verdict
        note = action?.note ?? ""
        self.action = action?.id
    }

    /// An event as it was stored.
    package init(
        alert: AlertID,
        number: Int,
        kind: Kind,
        time: Timestamp,
        actor: String,
        requestedAt: Timestamp?,
        level: Level,
        score: Int64?,
        assignee: String?,
        verdict: Verdict?,
        note: String,
        action: Int64?
    ) {
        self.alert = alert
        self.number = number
        self.kind = kind
        self.time = time
        self.actor = actor
        self.requestedAt = requestedAt
        self.level = level
        self.score = score
        self.assignee = assignee
        self.verdict = verdict
        self.note = note
        self.action = action
    }
}
