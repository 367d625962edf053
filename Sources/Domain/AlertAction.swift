/// What somebody wants done: an input like a record, applied between two ticks and stored with the tick.
package struct AlertAction: Hashable, Sendable {
    /// What is to be done.
    package enum Kind: Hashable, Sendable {
        /// Say that somebody looks at an alert.
        case acknowledge(AlertID)
        /// Say who looks after an alert; nil: nobody any longer.
        case assign(AlertID, to: String?)
        /// Write something down.
        case note(AlertID)
        /// Say that an alert is an attack, without closing it: its level is pinned until it is resolved.
        case confirm(AlertID)
        /// Close an alert; of one that is closed, change the verdict.
        case resolve(AlertID, Verdict)
        /// Open an alert again.
        case reopen(AlertID)
        /// Open an alert on something in riskd's own works, or say more of one that is open.
        case raise(AlertSubject, Level, detail: String)
        /// Resolve what ``raise(_:_:detail:)`` opened.
        case clear(AlertSubject)
    }

    /// Its place in the order of requests.
    package let id: Int64
    /// What is to be done.
    package let kind: Kind
    /// Who wants it.
    package let actor: String
    /// A remark; may be empty.
    package let note: String
    /// When it was asked for, by the wall clock.
    package let requestedAt: Timestamp

    /// An action.
    package init(id: Int64, kind: Kind, actor: String, note: String = "", requestedAt: Timestamp) {
        self.id = id
        self.kind = kind
        self.actor = actor
        self.note = note
        self.requestedAt = requestedAt
    }

    /// The alert that it is about, where there is one by id.
    package var alert: AlertID? {
        switch kind {
        case .acknowledge(let id), .assign(let id, _), .note(let id), .confirm(let id), .resolve(let id, _),
            .reopen(let id):
            id
        case .raise, .clear: nil
        }
    }
}

/// What people do to a track: an input to scoring (docs/design/evidence.md#what-people-do).
package enum Intervention: String, Hashable, Sendable, CaseIterable {
    /// All evidence is set to nothing.
    case reset
    /// The level does not fall below where it is.
    case pin
    /// It may fall again.
    case unpin
}

/// What became of an action.
package struct AppliedAction: Hashable, Sendable {
    /// The action.
    package let id: Int64
    /// The last closed tick when it was applied; nil before the first.
    package let afterTick: Tick?
    /// What was done to a track.
    package let intervention: Intervention?
    package let entity: Entity?
    /// Why nothing was done; nil when it was.
    package let refusal: String?

    /// An outcome.
    package init(
        id: Int64,
        afterTick: Tick?,
        intervention: Intervention? = nil,
        entity: Entity? = nil,
        refusal: String? = nil
    ) {
        self.id = id
        self.afterTick = afterTick
        self.intervention = intervention
        self.entity = entity
        self.refusal = refusal
    }
}
