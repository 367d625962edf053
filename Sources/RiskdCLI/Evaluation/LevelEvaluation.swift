import Domain

/// What people got of each attempt: the levels that it raised, and when.
///
/// An attempt *reaches* a level when one of its accounts, or a campaign that is at least half its own, holds that level or
/// a higher one at some moment between its first query and ``patience`` after its last. A level that was held before
/// counts: whoever looks at the account sees it. A campaign is at least half an attempt's own when so many of its members
/// are the attempt's; an alarm about other people's images is no alarm about this attempt.
struct LevelEvaluation {
    /// How long after an attempt's last query its levels still count.
    static let patience = Duration.seconds(60)

    /// By name.
    let attempts: [Attempt]
    /// Accounts of ordinary users, by the highest level that they ever had.
    let benignAccounts: [Level: Int]
    /// Campaigns that ordinary users joined and no attacker, by the highest level that they ever had.
    let benignCampaigns: [Level: Int]
    /// Of each entity that ever changed its level.
    let histories: [Entity: LevelHistory]
    /// Queries of attacks, and decoys, that the truth gives to no attempt.
    let strays: Int

    /// Joins observations, truth and levels.
    ///
    /// - Parameters:
    ///   - observations: in the order of their sequence numbers.
    ///   - truth: by record id.
    ///   - histories: of each entity that ever changed its level.
    init(_ observations: [Evaluation.Judged], truth: Truth, histories: [Entity: LevelHistory]) {
        var members: [Entity: Int] = [:]
        var drafts: [String: Draft] = [:]
        var attackers: Set<Entity> = []
        var benign: Set<Entity> = []
        var strays = 0
        for observation in observations {
            if let campaign = observation.campaign { members[campaign, default: 0] += 1 }
            guard let entry = truth.entries[observation.record] else { continue }
            if entry.isBenign { benign.insert(observation.entity) }
            guard !entry.instance.isEmpty else {
                if !entry.isBenign { strays += 1 }
                continue
            }
            attackers.insert(observation.entity)
            drafts[entry.instance, default: Draft()].add(observation, entry)
        }
        attempts = drafts.sorted { $0.key < $1.key }.compactMap { name, draft in
            draft.attempt(name, members: members, histories)
        }
        benign.subtract(attackers)
        var (joined, tainted): (Set<Entity>, Set<Entity>) = ([], [])
        for observation in observations {
            guard let campaign = observation.campaign else { continue }
            if benign.contains(observation.entity) { joined.insert(campaign) }
            if attackers.contains(observation.entity) { tainted.insert(campaign) }
        }
        func byHighest(_ entities: Set<Entity>) -> [Level: Int] {
            entities.reduce(into: [:]) { $0[histories[$1]?.highest ?? .info, default: 0] += 1 }
        }
        benignAccounts = byHighest(benign)
        benignCampaigns = byHighest(joined.subtracting(tainted))
        self.strays = strays
        self.histories = histories
    }

    /// Everything whose levels count for some attempt.
    var watched: Set<Entity> {
        attempts.reduce(into: []) { $0.formUnion($1.accounts.union($1.campaigns)) }
    }
}

extension LevelEvaluation {
    /// One attempt to make an adversarial example, and what it raised.
    struct Attempt: Hashable {
        /// When a level was reached.
        struct Reach: Hashable {
            /// The queries sent by then, at least 1.
            let queries: Int
            /// The time since the first query.
            let after: Duration
        }

        let name: String
        let attack: String
        let scenario: String
        /// The times of its queries, in the order of their sequence numbers; never empty.
        let times: [Timestamp]
        /// How many decoys it hid behind.
        let decoys: Int
        /// Who sent its queries.
        let accounts: Set<Entity>
        /// The campaigns that a query of it joined and that are at least half its own.
        let campaigns: Set<Entity>
        /// The highest level of an account, and of a campaign, while it counts.
        let account: Level
        let campaign: Level
        /// When each level above info was reached first, by either; absent: it was not.
        let reached: [Level: Reach]

        /// The highest level that it reached.
        var level: Level { max(account, campaign) }
        var queries: Int { times.count }
        /// When its levels begin to count, and when they cease to.
        var begin: Timestamp { times[0] }
        var end: Timestamp { times[times.count - 1] + LevelEvaluation.patience }
        /// As attacks are grouped.
        var group: String { "\(attack) (\(scenario))" }
    }

    /// An attempt whose records are still being collected.
    private struct Draft {
        private var queries: [(observation: Evaluation.Judged, entry: Truth.Entry)] = []
        private var decoys = 0
        /// Its members of each campaign, decoys included.
        private var members: [Entity: Int] = [:]

        mutating func add(_ observation: Evaluation.Judged, _ entry: Truth.Entry) {
            if let campaign = observation.campaign { members[campaign, default: 0] += 1 }
            if entry.isDecoy { decoys += 1 } else { queries.append((observation, entry)) }
        }

        /// - Parameters:
        ///   - name: the attempt's.
        ///   - all: how many members each campaign has.
        ///   - histories: of each entity.
        /// - Returns: the attempt; nil: there are only decoys.
        func attempt(
            _ name: String,
            members all: [Entity: Int],
            _ histories: [Entity: LevelHistory]
        ) -> Attempt? {
            guard let first = queries.first, let last = queries.last else { return nil }
            let (begin, end) = (first.observation.time, last.observation.time + LevelEvaluation.patience)
            let accounts = Set(queries.map(\.observation.entity))
            let campaigns = Set(queries.compactMap(\.observation.campaign)).filter {
                2 * (members[$0] ?? 0) >= (all[$0] ?? 0)
            }
            func highest(_ entities: Set<Entity>) -> Level {
                entities.map { histories[$0]?.highest(from: begin, through: end) ?? .info }.max() ?? .info
            }
            var reached: [Level: Attempt.Reach] = [:]
            for level in Level.allCases where level > .info {
                let moments = accounts.union(campaigns).compactMap {
                    histories[$0]?.first(level, from: begin, through: end)
                }
                guard let moment = moments.min() else { continue }
                reached[level] = Attempt.Reach(
                    queries: queries.count { $0.observation.time <= moment },
                    after: .milliseconds(moment.milliseconds - begin.milliseconds)
                )
            }
            return Attempt(
                name: name,
                attack: first.entry.attack,
                scenario: first.entry.scenario,
                times: queries.map(\.observation.time),
                decoys: decoys,
                accounts: accounts,
                campaigns: campaigns,
                account: highest(accounts),
                campaign: highest(campaigns),
                reached: reached
            )
        }
    }
}
