import Domain

/// What the campaigns are worth, measured against the truth.
struct CampaignEvaluation {
    /// How the attempts of one attack fared.
    struct Attack {
        /// The highest level of a campaign that an attempt's queries joined; -1: no query joined one.
        var instances: [String: Int] = [:]
        var queries = 0
        var joined = 0
    }

    /// How the queries of one benign style fared.
    struct Style {
        var queries = 0
        var joined = 0
        var campaigns: Set<Entity> = []
        var highest = Level.info
    }

    /// Who sent one campaign's images.
    private struct Chain {
        var benign: Set<Entity> = []
        var attackers: Set<Entity> = []
    }

    /// By `attack (scenario)`.
    var attacks: [String: Attack] = [:]
    /// By `benign:STYLE`.
    var styles: [String: Style] = [:]
    /// Campaigns with an attack query, by highest level.
    var ofAttacks: [Level: Int] = [:]
    /// Campaigns of ordinary users alone, by highest level.
    var ofOthers: [Level: Int] = [:]
    /// Campaigns of ordinary users alone, of more than one of them.
    var shared = 0
    /// Campaigns of ordinary users and attackers.
    var mixed = 0
    /// Ordinary users in a campaign with another account.
    var sharing: Set<Entity> = []

    /// Joins observations with the truth.
    ///
    /// - Parameters:
    ///   - observations: in the order of their sequence numbers.
    ///   - truth: by record id.
    ///   - highest: the highest level that each entity reached.
    init(_ observations: [Evaluation.Judged], truth: Truth, highest: [Entity: Level]) {
        var chains: [Entity: Chain] = [:]
        let known = Set(observations.compactMap(\.campaign))
        for observation in observations {
            guard let entry = truth.entries[observation.record] else { continue }
            let level = observation.campaign.map { highest[$0] ?? .info }
            if entry.isBenign {
                add(observation, level, to: &styles[entry.scenario, default: Style()])
            } else if !entry.isDecoy {
                let name = "\(entry.attack) (\(entry.scenario))"
                add(entry.instance, level, to: &attacks[name, default: Attack()])
            }
            // The first image is no member, but it is part of the chain.
            let first = observation.entity.model.map { Entity.campaign(observation.sequence, model: $0) }
            for campaign in [observation.campaign, first].compactMap({ $0 }) where known.contains(campaign) {
                if entry.isBenign {
                    chains[campaign, default: Chain()].benign.insert(observation.entity)
                } else {
                    chains[campaign, default: Chain()].attackers.insert(observation.entity)
                }
            }
        }
        for (campaign, chain) in chains {
            let level = highest[campaign] ?? .info
            if chain.attackers.isEmpty {
                ofOthers[level, default: 0] += 1
                if chain.benign.count > 1 { shared += 1 }
            } else {
                ofAttacks[level, default: 0] += 1
                if !chain.benign.isEmpty { mixed += 1 }
            }
            if chain.benign.union(chain.attackers).count > 1 { sharing.formUnion(chain.benign) }
        }
    }

    private func add(_ instance: String, _ level: Level?, to attack: inout Attack) {
        attack.queries += 1
        if level != nil { attack.joined += 1 }
        attack.instances[instance] = max(attack.instances[instance] ?? -1, level?.rawValue ?? -1)
    }

    private func add(_ observation: Evaluation.Judged, _ level: Level?, to style: inout Style) {
        style.queries += 1
        guard let level, let campaign = observation.campaign else { return }
        style.joined += 1
        style.campaigns.insert(campaign)
        style.highest = max(style.highest, level)
    }
}
