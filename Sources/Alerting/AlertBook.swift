import Crypto
package import Domain

/// The alerts that can still change by themselves, and what changes them: levels and people.
///
/// A value without a clock: times come with samples and actions, so a replay of the same ticks and actions writes the
/// same rows, however they are split into batches. docs/alerts.md has the rules in words.
package struct AlertBook: Sendable {
    private let policy: AlertPolicy
    let context: AlertContext
    /// Models whose calibration may not hold: no bound is stated for them.
    private var doubted: Set<ModelID> = []
    /// Every alert that is open, may open again, is watched, or was touched since the start.
    private(set) var alerts: [AlertID: Alert] = [:]
    /// The newest alert of each subject.
    private(set) var newest: [AlertSubject: AlertID] = [:]
    private var nextNotice: Int64
    private var changes = AlertChanges()

    /// A book.
    ///
    /// - Parameters:
    ///   - policy: when a level becomes an alert.
    ///   - context: what alerts say of the epoch.
    ///   - alerts: those that are not resolved, are watched, or may open again; more do no harm.
    ///   - nextNotice: the number of the next notice, from 1 on.
    package init(policy: AlertPolicy, context: AlertContext, alerts: [Alert], nextNotice: Int64) {
        self.policy = policy
        self.context = context
        self.nextNotice = nextNotice
        for alert in alerts { keep(alert) }
    }

    /// Says how a model's calibration stands, before anything happens or when it changes.
    package mutating func note(_ health: CalibrationHealth, of model: ModelID) {
        if health.isBoundInDoubt { doubted.insert(model) } else { doubted.remove(model) }
    }

    /// Fills in what a sample says; a bound only where the calibration stands behind it.
    func fill(_ alert: inout AlertSnapshot, from sample: Sample) {
        context.fill(&alert, from: sample, techniques: techniques(of: sample))
        if let model = sample.entity.model, doubted.contains(model) { alert.falseAlarmBound = nil }
    }

    /// Hands over what happened since it was last called.
    package mutating func takeChanges() -> AlertChanges {
        defer { changes = AlertChanges() }
        return changes
    }

    /// The alerts that are not resolved, by state and level.
    package var counts: [AlertState: [Level: Int]] {
        var counts: [AlertState: [Level: Int]] = [:]
        for alert in alerts.values where alert.snapshot.state != .resolved {
            counts[alert.snapshot.state, default: [:]][alert.snapshot.level, default: 0] += 1
        }
        return counts
    }

    /// Takes in what closing ticks produced.
    ///
    /// - Parameters:
    ///   - samples: in order.
    ///   - levelChanges: those of the samples.
    ///   - healthChanges: calibrations that began or ceased to be suspect in these ticks, in order; a tick's count
    ///     before its samples.
    ///   - worksChanges: what else began or ceased in riskd's own works, in order; it counts after its tick's samples.
    package mutating func take(
        _ samples: [Sample],
        _ levelChanges: [LevelChange],
        _ healthChanges: [CalibrationHealthChange] = [],
        _ worksChanges: [WorksChange] = []
    ) {
        var pending = levelChanges[...]
        var works = worksChanges[...]
        var health = healthChanges[...]
        for sample in samples {
            take(&health, &works, before: sample.tick)
            if let change = pending.first, change.sample == sample.id {
                pending.removeFirst()
                take(sample, change)
            } else {
                take(sample)
            }
        }
        take(&health, &works, before: nil)
    }

    private mutating func take(_ sample: Sample, _ change: LevelChange) {
        let subject = AlertSubject.entity(sample.entity)
        let current = newest[subject].flatMap { alerts[$0] }
        if let current, current.snapshot.state != .resolved {
            move(current, to: change, sample)
        } else if change.to >= policy.minimumLevel, change.to > change.from {
            open(subject, again: current, change, sample)
        } else if var watched = current, watched.watchedScore != nil, change.to < policy.minimumLevel {
            watched.watchedScore = nil
            record(&watched, .ended, at: context.end(sample.tick))
        }
        guard policy.tellsLevelChanges else { return }
        var snapshot = AlertSnapshot(
            id: AlertID(id("level", subject.dedupKey(level: change.to), sample)),
            subject: subject,
            level: change.to,
            previousLevel: change.from,
            startsAt: context.end(sample.tick)
        )
        fill(&snapshot, from: sample)
        notify(.riskLevelChanged, nil, snapshot)
    }

    /// A sample without a level change: what an open alert says of the score follows, and a watched one may alert.
    private mutating func take(_ sample: Sample) {
        let subject = AlertSubject.entity(sample.entity)
        guard var alert = newest[subject].flatMap({ alerts[$0] }) else { return }
        if alert.snapshot.state != .resolved {
            fill(&alert.snapshot, from: sample)
            keep(alert)
            changes.set(alert)
        } else if let watched = alert.watchedScore, let end = alert.snapshot.endsAt, sample.queries > 0,
            let level = sample.level, level >= policy.minimumLevel, sample.score >= watched,
            context.end(sample.tick) >= end + policy.reopenWithin
        {
            alert.watchedScore = nil
            keep(alert)
            changes.set(alert)
            let change = LevelChange(
                sample: sample.id,
                entity: sample.entity,
                tick: sample.tick,
                from: level,
                to: level
            )
            open(subject, again: nil, change, sample)
        }
    }

    /// The level of an alert that is not resolved has changed.
    private mutating func move(_ alert: Alert, to change: LevelChange, _ sample: Sample) {
        var alert = alert
        let time = context.end(sample.tick)
        let before = alert.snapshot.level
        alert.snapshot.previousLevel = change.from
        alert.snapshot.level = change.to
        alert.snapshot.peakLevel = max(alert.snapshot.peakLevel, change.to)
        fill(&alert.snapshot, from: sample)
        guard change.to >= policy.minimumLevel else {
            alert.snapshot.state = .resolved
            alert.snapshot.endsAt = time
            alert.resolvedBy = Alert.riskd
            record(&alert, .resolved, at: time)
            return notify(.alertResolved, .resolved, alert.snapshot)
        }
        let kind = change.to > before ? AlertEvent.Kind.escalated : .lowered
        record(&alert, kind, at: time)
        notify(.alertUpdated, kind, alert.snapshot)
    }

    private mutating func open(
        _ subject: AlertSubject,
        again last: Alert?,
        _ change: LevelChange,
        _ sample: Sample
    ) {
        let time = context.end(sample.tick)
        var alert: Alert
        let kind: AlertEvent.Kind
        if let last, mayReopen(last, at: time) {
            alert = last
            reopen(&alert)
            kind = .reopened
        } else {
            alert = Alert(
                AlertSnapshot(
                    id: AlertID(id("alert", subject.dedupKey(level: change.to), sample)),
                    subject: subject,
                    level: change.to,
                    startsAt: time
                )
            )
            kind = .opened
        }
        alert.snapshot.previousLevel = change.from
        alert.snapshot.level = change.to
        alert.snapshot.peakLevel = max(alert.snapshot.peakLevel, change.to)
        fill(&alert.snapshot, from: sample)
        record(&alert, kind, at: time)
        notify(.alertFiring, kind, alert.snapshot)
    }

    func mayReopen(_ alert: Alert, at time: Timestamp) -> Bool {
        guard alert.isResolvedByItself, let end = alert.snapshot.endsAt else { return false }
        return time <= end + policy.reopenWithin
    }

    func reopen(_ alert: inout Alert) {
        alert.snapshot.state = .open
        alert.snapshot.endsAt = nil
        alert.snapshot.verdict = nil
        alert.resolvedBy = nil
        alert.watchedScore = nil
    }

    /// A roll-up speaks for what its members' open alerts speak for.
    private func techniques(of sample: Sample) -> [String] {
        guard sample.isDerived else { return Techniques.of(sample.contributions) }
        var found: [String] = []
        for part in sample.contributions where part.milliPoints > 0 {
            guard let member = Entity(part.name), let id = newest[.entity(member)],
                let alert = alerts[id], alert.snapshot.state != .resolved
            else { continue }
            for technique in alert.snapshot.techniques where !found.contains(technique) {
                found.append(technique)
            }
        }
        return found
    }

    mutating func keep(_ alert: Alert) {
        let id = alert.snapshot.id
        alerts[id] = alert
        if newest[alert.snapshot.subject].map({ $0 < id }) ?? true { newest[alert.snapshot.subject] = id }
    }

    mutating func record(
        _ alert: inout Alert,
        _ kind: AlertEvent.Kind,
        at time: Timestamp,
        by action: AlertAction? = nil
    ) {
        alert.events += 1
        keep(alert)
        changes.set(alert)
        changes.add(AlertEvent(alert: alert, kind: kind, time: time, by: action))
    }

    mutating func notify(
        _ type: MessageType,
        _ event: AlertEvent.Kind?,
        _ snapshot: AlertSnapshot
    ) {
        changes.add(AlertNotice(number: nextNotice, type: type, event: event, snapshot: snapshot))
        nextNotice += 1
    }

    /// The same for the same cause, whenever and however often it is worked out.
    private func id(_ what: String, _ key: String, _ sample: Sample) -> ULID {
        ULID(time: context.end(sample.tick), digest: sha256(Array("\(what)\n\(key)\n\(sample.id)".utf8)))
    }
}
