package import Domain

/// What routing depends on besides the alerts of a group; made once for many groups.
package struct RoutingContext {
    /// The wall clock.
    package let now: Timestamp
    let silences: [[Condition]]
    let causes: Causes

    /// A context.
    ///
    /// - Parameters:
    ///   - now: the wall clock.
    ///   - silences: those that may be in force.
    ///   - firing: every alert that is not resolved, of any group.
    ///   - users: of the campaigns among these.
    package init(
        now: Timestamp,
        silences: [Silence] = [],
        firing: [AlertSnapshot] = [],
        users: [Entity: Set<UserID>] = [:]
    ) {
        self.now = now
        self.silences = silences.filter { $0.isActive(at: now) }.map { $0.matchers.map(Condition.init) }
        causes = Causes(firing, users)
    }
}

/// Which alerts could keep others back, found by model.
struct Causes {
    /// Alerts on suspect calibrations.
    private(set) var calibrations: [ModelID: Level] = [:]
    /// The highest level of a campaign's alert that a user is part of.
    private(set) var campaigns: [ModelID: [UserID: Level]] = [:]
    /// Alerts by a model's own track.
    private(set) var models: [ModelID: Level] = [:]
    /// Models of which a user or a campaign alerts.
    private(set) var members: Set<ModelID> = []

    init(_ firing: [AlertSnapshot], _ users: [Entity: Set<UserID>]) {
        for alert in firing {
            switch alert.subject {
            case .calibration(let model): calibrations[model] = alert.level
            case .entity(.user(_, let model)): members.insert(model)
            case .entity(.campaign(let id, let model)):
                members.insert(model)
                for user in users[.campaign(id, model: model)] ?? [] {
                    let level = campaigns[model, default: [:]][user] ?? .info
                    campaigns[model, default: [:]][user] = max(level, alert.level)
                }
            case .entity(.model(let model)) where !alert.isDerived: models[model] = alert.level
            case .entity, .endpoint, .outbox, .detector, .source, .intake: break
            }
        }
    }
}

extension AlertSnapshot {
    /// Whether its score is rolled up from those of others.
    var isDerived: Bool { subject.entity != nil && lane == nil }
}
