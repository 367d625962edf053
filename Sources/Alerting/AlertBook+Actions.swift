package import Domain

extension AlertBook {
    /// What an action asks of scoring.
    package struct Outcome: Hashable, Sendable {
        /// What is to be done to a track; nil: nothing.
        package let intervention: Intervention?
        package let entity: Entity?
        /// Why nothing was done at all; nil when the action was applied.
        package let refusal: String?

        static let done = Outcome(nil)

        init(_ intervention: Intervention?, _ subject: AlertSubject? = nil) {
            self.intervention = intervention
            entity = intervention == nil ? nil : subject?.entity
            refusal = nil
        }

        static func refused(_ reason: String) -> Outcome { Outcome(refusing: reason) }

        private init(refusing reason: String) {
            intervention = nil
            entity = nil
            refusal = reason
        }
    }

    /// Applies what somebody asks for.
    ///
    /// - Parameters:
    ///   - action: the request.
    ///   - stored: the action's alert and the newest one of its subject as they are stored, which count if this book
    ///     does not hold them.
    ///   - time: the end of the last closed tick.
    /// - Returns: what scoring has to do, or why nothing was done.
    package mutating func apply(_ action: AlertAction, stored: [Alert], at time: Timestamp) -> Outcome {
        switch action.kind {
        case .raise(let subject, let level, let detail):
            return raise(subject, level, detail, Occasion(action))
        case .clear(let subject): return clear(subject, Occasion(action))
        default: break
        }
        for alert in stored where alerts[alert.snapshot.id] == nil { keep(alert) }
        guard let alert = action.alert.flatMap({ alerts[$0] }) else {
            return .refused("there is no such alert")
        }
        return apply(action, to: alert, at: time)
    }

    private mutating func apply(_ action: AlertAction, to old: Alert, at time: Timestamp) -> Outcome {
        var alert = old
        let isResolved = alert.snapshot.state == .resolved
        let subject = alert.snapshot.subject
        switch action.kind {
        case .acknowledge:
            guard !isResolved else { return .refused("it is resolved") }
            guard alert.snapshot.state == .open else { return .refused("it is acknowledged already") }
            alert.snapshot.state = .acknowledged
            if alert.snapshot.assignee == nil { alert.snapshot.assignee = action.actor }
            record(&alert, .acknowledged, at: time, by: action)
            notify(.alertAcknowledged, .acknowledged, alert.snapshot)
        case .assign(_, let assignee):
            alert.snapshot.assignee = assignee
            record(&alert, .assigned, at: time, by: action)
            notify(.alertUpdated, .assigned, alert.snapshot)
        case .note:
            record(&alert, .noted, at: time, by: action)
        case .confirm:
            guard !isResolved else { return .refused("it is resolved: reopen it first") }
            guard subject.entity != nil else { return .refused("it is no matter of risk") }
            alert.snapshot.verdict = .attack
            alert.snapshot.isPinned = true
            if alert.snapshot.state == .open {
                alert.snapshot.state = .acknowledged
                if alert.snapshot.assignee == nil { alert.snapshot.assignee = action.actor }
            }
            record(&alert, .confirmed, at: time, by: action)
            notify(.alertUpdated, .confirmed, alert.snapshot)
            return Outcome(.pin, subject)
        case .resolve(_, let verdict):
            return resolve(alert, verdict, action, at: time)
        case .reopen:
            guard isResolved else { return .refused("it is not resolved") }
            if let other = newest[subject], other > alert.snapshot.id {
                return .refused("the newer alert \(other) is about the same")
            }
            reopen(&alert)
            record(&alert, .reopened, at: time, by: action)
            notify(.alertFiring, .reopened, alert.snapshot)
        case .raise, .clear: break
        }
        return .done
    }

    /// Closes the case, or changes the verdict of one that is closed (docs/alerts.md#what-people-do).
    private mutating func resolve(
        _ old: Alert,
        _ verdict: Verdict,
        _ action: AlertAction,
        at time: Timestamp
    ) -> Outcome {
        var alert = old
        let subject = alert.snapshot.subject
        let wasResolved = alert.snapshot.state == .resolved
        let isNewest = newest[subject].map { $0 <= alert.snapshot.id } ?? true
        // What was ordinary or an exercise is no evidence; the evidence of an attack stands, and fades.
        let resets = isNewest && subject.entity != nil && (verdict == .benign || verdict == .test)
        let wasPinned = alert.snapshot.isPinned
        let stands = !wasResolved || alert.watchedScore != nil
        alert.snapshot.verdict = verdict
        alert.snapshot.isPinned = false
        alert.watchedScore = resets || !stands ? nil : alert.watchedScore ?? alert.snapshot.score
        if wasResolved {
            record(&alert, .judged, at: time, by: action)
        } else {
            alert.snapshot.state = .resolved
            alert.snapshot.endsAt = time
            alert.resolvedBy = action.actor
            record(&alert, .resolved, at: time, by: action)
            notify(.alertResolved, .resolved, alert.snapshot)
        }
        if resets { return Outcome(.reset, subject) }
        return wasPinned ? Outcome(.unpin, subject) : .done
    }
}
