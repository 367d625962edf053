import Crypto
import Domain

extension AlertBook {
    /// Opens an alert on something in riskd's own works, or says more of one that is open.
    mutating func raise(
        _ subject: AlertSubject,
        _ level: Level,
        _ detail: String,
        _ action: AlertAction
    ) -> Outcome {
        let time = action.requestedAt
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
            let digest = sha256(Array("raise\n\(subject.dedupKey(level: level))\n\(action.id)".utf8))
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
        record(&alert, kind, at: time, by: action)
        if kind != .noted { notify(subject.firingType, kind, alert.snapshot) }
        return .done
    }

    /// Resolves what was raised.
    mutating func clear(_ subject: AlertSubject, _ action: AlertAction) -> Outcome {
        guard var alert = newest[subject].flatMap({ alerts[$0] }), alert.snapshot.state != .resolved else {
            return .refused("nothing is open")
        }
        alert.snapshot.state = .resolved
        alert.snapshot.endsAt = action.requestedAt
        alert.snapshot.updatedAt = action.requestedAt
        alert.resolvedBy = Alert.riskd
        record(&alert, .resolved, at: action.requestedAt, by: action)
        notify(subject.resolvedType, .resolved, alert.snapshot)
        return .done
    }
}

extension AlertSubject {
    /// What a message says of it while it is firing.
    var firingType: NotificationType {
        switch self {
        case .calibration: .calibrationSuspect
        case .detector: .detectorDegraded
        case .entity, .endpoint, .outbox: .alertFiring
        }
    }

    /// What a message says when it is over.
    var resolvedType: NotificationType {
        if case .detector = self { .detectorRecovered } else { .alertResolved }
    }
}
