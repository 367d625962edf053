import Crypto
import Domain

extension AlertBook {
    /// What makes riskd alert on its own works, or stop.
    struct Occasion {
        /// When: by the wall clock where somebody asked, in event time otherwise.
        let time: Timestamp
        /// Tells it from every other occasion, whenever it is worked out.
        let key: String
        /// Who asked for it; nil: it came of itself.
        let action: AlertAction?

        init(_ action: AlertAction) {
            time = action.requestedAt
            key = String(action.id)
            self.action = action
        }

        init(_ change: CalibrationHealthChange, endsAt time: Timestamp) {
            self.time = time
            key = "tick \(change.tick.index)"
            action = nil
        }

        init(_ change: WorksChange) {
            time = change.time
            key = change.key
            action = nil
        }
    }

    /// Takes in changes of the works up to the samples of a tick, by tick: calibrations before others, which count after
    /// their tick's samples.
    ///
    /// - Parameters:
    ///   - health: what is left of the changes of calibrations.
    ///   - works: what is left of the others.
    ///   - tick: whose samples come next; nil: none come.
    mutating func take(
        _ health: inout ArraySlice<CalibrationHealthChange>,
        _ works: inout ArraySlice<WorksChange>,
        before tick: Tick?
    ) {
        while true {
            let nextHealth = health.first.flatMap { change in
                tick.map { change.tick <= $0 } ?? true ? change : nil
            }
            let nextWorks = works.first.flatMap { change in
                tick.map { change.isBefore($0) } ?? true ? change : nil
            }
            if let change = nextHealth, nextWorks.map({ !$0.isBefore(change.tick) }) ?? true {
                take(change)
                health.removeFirst()
            } else if let change = nextWorks {
                let occasion = Occasion(change)
                _ =
                    change.isRaised
                    ? raise(change.subject, change.level, change.detail, occasion)
                    : clear(change.subject, occasion, detail: change.detail)
                works.removeFirst()
            } else {
                return
            }
        }
    }

    /// Takes in that a calibration began or ceased to be suspect.
    mutating func take(_ change: CalibrationHealthChange) {
        note(change.health, of: change.model)
        let subject = AlertSubject.calibration(change.model)
        let occasion = Occasion(change, endsAt: context.end(change.tick))
        if change.health == .suspect {
            _ = raise(subject, .high, change.text, occasion)
        } else {
            _ = clear(subject, occasion)
        }
    }

    /// Opens an alert on something in riskd's own works, or says more of one that is open.
    mutating func raise(
        _ subject: AlertSubject,
        _ level: Level,
        _ detail: String,
        _ occasion: Occasion
    ) -> Outcome {
        let time = occasion.time
        let last = newest[subject].flatMap { alerts[$0] }
        var alert: Alert
        var kind = AlertEvent.Kind.opened
        if let last, last.snapshot.state != .resolved {
            guard last.snapshot.detail != detail || last.snapshot.level != level else { return .done }
            alert = last
            kind = level > alert.snapshot.level ? .escalated : .noted
        } else if let last, mayReopen(last, at: time) {
            alert = last
            reopen(&alert)
            kind = .reopened
        } else {
            let digest = sha256(Array("raise\n\(subject.dedupKey(level: level))\n\(occasion.key)".utf8))
            alert = Alert(
                AlertSnapshot(
                    id: AlertID(ULID(time: time, digest: digest)),
                    subject: subject,
                    level: level,
                    startsAt: time
                )
            )
        }
        alert.snapshot.previousLevel = last == nil ? .info : alert.snapshot.level
        alert.snapshot.level = level
        alert.snapshot.peakLevel = max(alert.snapshot.peakLevel, level)
        alert.snapshot.detail = detail
        alert.snapshot.updatedAt = time
        record(&alert, kind, at: time, by: occasion.action)
        if kind != .noted { notify(subject.firingType, kind, alert.snapshot) }
        return .done
    }

    /// Resolves what was raised.
    ///
    /// - Parameters:
    ///   - subject: what is over.
    ///   - occasion: when, and at whose request.
    ///   - detail: what the alert says from now on; nil: what it said.
    /// - Returns: whether there was something.
    mutating func clear(_ subject: AlertSubject, _ occasion: Occasion, detail: String? = nil) -> Outcome {
        guard var alert = newest[subject].flatMap({ alerts[$0] }), alert.snapshot.state != .resolved else {
            return .refused("nothing is open")
        }
        alert.snapshot.state = .resolved
        // Of two clocks the alert's end may not be the earlier.
        alert.snapshot.endsAt = max(occasion.time, alert.snapshot.startsAt)
        alert.snapshot.updatedAt = occasion.time
        if let detail { alert.snapshot.detail = detail }
        alert.resolvedBy = Alert.riskd
        record(&alert, .resolved, at: occasion.time, by: occasion.action)
        notify(subject.resolvedType, .resolved, alert.snapshot)
        return .done
    }
}

extension CalibrationHealthChange {
    /// What a suspect calibration's alert says.
    fileprivate var text: String {
        "\(exceeding) of \(active) active users exceed rung 1 more often than calibrated"
    }
}

extension AlertSubject {
    /// What a message says of it while it is firing.
    var firingType: MessageType {
        switch self {
        case .calibration: .calibrationSuspect
        case .detector: .detectorDegraded
        case .source, .intake: .ingestBlind
        case .entity, .endpoint, .outbox: .alertFiring
        }
    }

    /// What a message says when it is over.
    var resolvedType: MessageType {
        switch self {
        case .detector: .detectorRecovered
        case .source, .intake: .ingestRecovered
        case .calibration, .entity, .endpoint, .outbox: .alertResolved
        }
    }
}
