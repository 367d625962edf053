import Domain

/// What the stored observations and levels are worth, measured against the truth.
struct Evaluation {
    /// One stored observation, as far as it is judged.
    struct Judged {
        let record: String
        let sequence: Int64
        let entity: Entity
        /// The campaign that it joined.
        let campaign: Entity?
        /// Event time.
        let time: Timestamp
        /// The tick that it counts in.
        let tick: Tick
        /// Whether it is alarmed.
        let isAlarmed: Bool
        /// How rare its rarest rung is among benign scores, 0 … 1.
        let rarity: Double
    }

    /// The levels that an entity reached: of each, the first tick.
    typealias Reached = [Level: Tick]

    /// What people got of each attempt.
    let levels: LevelEvaluation
    /// The scores of what the levels are about.
    var scores: [Entity: ScoreTrail] = [:]
    /// The scores that enter low, medium, high and critical, in milli-points; empty where nothing was scored.
    var thresholds: [Int64] = []
    /// By `attack (scenario)`; decoys are no queries of it.
    var attacks: [String: AttackGroup] = [:]
    /// By `benign:STYLE`.
    var styles: [String: BenignGroup] = [:]
    /// By user entity.
    var accounts: [Entity: Account] = [:]
    /// What other alarm rungs would give.
    let curve: OperatingCurve
    let campaigns: CampaignEvaluation
    /// Truth entries without a stored record.
    let missing: Int
    /// Stored records that the truth does not know.
    var unknown = 0

    /// Joins observations with the truth.
    ///
    /// - Parameters:
    ///   - observations: in the order of their sequence numbers.
    ///   - truth: by record id.
    ///   - reached: the levels that each entity reached.
    ///   - levels: what people got of each attempt.
    init(_ observations: [Judged], truth: Truth, reached: [Entity: Reached], levels: LevelEvaluation) {
        self.levels = levels
        let highest = reached.compactMapValues { $0.keys.max() }
        campaigns = CampaignEvaluation(observations, truth: truth, highest: highest)
        var curve = OperatingCurve()
        var met = 0
        for observation in observations {
            guard let entry = truth.entries[observation.record] else {
                unknown += 1
                continue
            }
            met += 1
            if entry.isBenign {
                curve.add(observation.rarity, entry)
                styles[entry.scenario, default: BenignGroup()].add(observation)
            } else if !entry.isDecoy {
                curve.add(observation.rarity, entry)
                attacks["\(entry.attack) (\(entry.scenario))", default: AttackGroup()]
                    .add(observation, instance: entry.instance)
            }
            accounts[observation.entity, default: Account(reached: reached[observation.entity])]
                .add(observation, entry)
        }
        self.curve = curve
        missing = truth.entries.count - met
    }
}

/// How the attempts of one attack fared.
struct AttackGroup {
    /// One attempt to make an adversarial example.
    struct Attempt: Hashable {
        var queries = 0
        /// The number of its first alarmed query, from 1.
        var firstAlarm: Int?
    }

    private(set) var queries = Share()
    /// By name.
    private(set) var attempts: [String: Attempt] = [:]
    private(set) var accounts: Set<Entity> = []

    mutating func add(_ observation: Evaluation.Judged, instance: String) {
        queries.add(observation.isAlarmed)
        accounts.insert(observation.entity)
        var attempt = attempts[instance] ?? Attempt()
        attempt.queries += 1
        if observation.isAlarmed, attempt.firstAlarm == nil { attempt.firstAlarm = attempt.queries }
        attempts[instance] = attempt
    }

    /// Adds another attack's attempts, which have names of their own.
    mutating func merge(_ other: AttackGroup) {
        queries.count += other.queries.count
        queries.size += other.queries.size
        attempts.merge(other.attempts) { first, _ in first }
        accounts.formUnion(other.accounts)
    }

    /// The attempts in which a query was alarmed, of those with at least some queries.
    func detected(withQueries least: Int = 1) -> Share {
        attempts.values.filter { $0.queries >= least }
            .reduce(into: Share()) { $0.add($1.firstAlarm != nil) }
    }

    /// The detected attempts' queries until the first alarm, rising.
    var untilAlarm: [Int] { attempts.values.compactMap(\.firstAlarm).sorted() }
}

/// How the queries of one benign style fared.
struct BenignGroup {
    private(set) var users: [Entity: Share] = [:]

    mutating func add(_ observation: Evaluation.Judged) {
        users[observation.entity, default: Share()].add(observation.isAlarmed)
    }

    mutating func merge(_ other: BenignGroup) {
        users.merge(other.users) { Share(count: $0.count + $1.count, size: $0.size + $1.size) }
    }

    var queries: ClusteredShare { ClusteredShare(users.sorted { $0.key < $1.key }.map(\.value)) }

    /// The users with an alarmed query.
    var alarmed: Share { users.values.reduce(into: Share()) { $0.add($1.count > 0) } }
}

/// How one account fared.
struct Account {
    let reached: Evaluation.Reached?
    private(set) var queries = 0
    private(set) var attacks: Set<String> = []
    private(set) var instances: Set<String> = []
    /// Its queries up to the tick at which it first was at high; nil: it never was.
    private(set) var untilHigh: Int?
    /// Also of an account that sent nothing but decoys.
    var isAttacker: Bool { !instances.isEmpty }
    /// nil: uncalibrated.
    var highest: Level? { reached?.keys.max() }

    init(reached: Evaluation.Reached?) { self.reached = reached }

    mutating func add(_ observation: Evaluation.Judged, _ entry: Truth.Entry) {
        queries += 1
        let high = reached?.filter { $0.key >= .high }.values.min()
        if let high, observation.tick <= high { untilHigh = queries }
        guard !entry.isBenign else { return }
        if !entry.isDecoy { attacks.insert(entry.attack) }
        instances.insert(entry.instance)
    }
}
