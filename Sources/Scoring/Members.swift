import Domain

/// A model's members: its users and its campaigns.
///
/// They are two ways to group the same queries, so the roll-up that weighs more counts: their sum would count an
/// attacker's queries twice.
struct Members: Sendable {
    private var users = Membership()
    private var campaigns = Membership()

    var isEmpty: Bool { users.isEmpty && campaigns.isEmpty }

    /// Takes in a member's track after an update.
    mutating func update(
        _ entity: Entity,
        _ track: Track,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) {
        if case .campaign = entity {
            campaigns.update(entity, track, criticality: criticality, configuration)
        } else {
            users.update(entity, track, criticality: criticality, configuration)
        }
    }

    /// Forgets a member.
    mutating func forget(_ entity: Entity) {
        if case .campaign = entity { campaigns.forget(entity) } else { users.forget(entity) }
    }

    /// The roll-up that scores more at a tick, the users' of equals.
    ///
    /// - Parameters:
    ///   - tick: not before the members' last updates.
    ///   - isExact: otherwise it may be any that is below every exit, where the true one is.
    ///   - criticality: of the model, in permille.
    ///   - configuration: the constants.
    /// - Returns: the roll-up.
    mutating func rollUp(
        at tick: Tick,
        isExact: Bool,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> RollUp {
        let byUser = users.rollUp(at: tick, isExact: isExact, criticality: criticality, configuration)
        guard !campaigns.isEmpty else { return byUser }
        let byCampaign = campaigns.rollUp(
            at: tick,
            isExact: isExact,
            criticality: criticality,
            configuration
        )
        return Self.heavier(byUser, byCampaign)
    }

    /// The same at a tick without queries before it: exact, or so low that it decides no level.
    ///
    /// - Parameters:
    ///   - tick: not before the members' last updates.
    ///   - slack: what every lane is off by, in units.
    ///   - criticality: of the model, in permille.
    ///   - configuration: the constants.
    /// - Returns: the roll-up.
    func hotRollUp(
        at tick: Tick,
        slack: Int64,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> RollUp {
        Self.heavier(
            users.hotRollUp(at: tick, slack: slack, criticality: criticality, configuration).rollUp,
            campaigns.hotRollUp(at: tick, slack: slack, criticality: criticality, configuration).rollUp
        )
    }

    private static func heavier(_ byUser: RollUp, _ byCampaign: RollUp) -> RollUp {
        (byCampaign.score, byCampaign.odds) > (byUser.score, byUser.odds) ? byCampaign : byUser
    }
}

extension Membership {
    fileprivate mutating func rollUp(
        at tick: Tick,
        isExact: Bool,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> RollUp {
        isExact
            ? rollUp(at: tick, criticality: criticality, configuration)
            : hotRollUp(at: tick, criticality: criticality, configuration).rollUp
    }
}
