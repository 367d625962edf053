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
        /// The highest rung that any detector gave it; nil when uncalibrated.
        let rung: Int?
    }

    /// How one group of queries fared.
    struct Group {
        var queries = 0
        /// Queries whose highest rung was at least 1, 2, ….
        var reached: [Int] = []
        /// Per attempt: its queries so far, and the query of its first signal.
        var instances: [String: (queries: Int, firstSignal: Int?)] = [:]

        mutating func add(_ rung: Int, instance: String, signal: Int) {
            queries += 1
            while reached.count < rung { reached.append(0) }
            for index in 0..<rung { reached[index] += 1 }
            guard !instance.isEmpty else { return }
            var progress = instances[instance] ?? (0, nil)
            progress.queries += 1
            if rung >= signal && progress.firstSignal == nil { progress.firstSignal = progress.queries }
            instances[instance] = progress
        }

        /// Adds another group's queries; attempts have names of their own.
        mutating func merge(_ other: Group) {
            queries += other.queries
            while reached.count < other.reached.count { reached.append(0) }
            for index in other.reached.indices { reached[index] += other.reached[index] }
            instances.merge(other.instances) { first, _ in first }
        }

        /// The queries whose highest rung was at least `rung`.
        func atLeast(_ rung: Int) -> Int { reached.count >= rung ? reached[rung - 1] : 0 }

        /// The attempts in which a signal came.
        var detected: Int { instances.values.count { $0.firstSignal != nil } }

        /// The middle one of the detected attempts' queries until the first signal.
        var medianUntilSignal: Int? {
            let steps = instances.values.compactMap(\.firstSignal).sorted()
            return steps.isEmpty ? nil : steps[(steps.count - 1) / 2]
        }
    }

    /// How one account fared.
    struct Account {
        var queries = 0
        var attacks: Set<String> = []
        var instances: Set<String> = []
        var highest: Level?
        var isAttacker: Bool { !attacks.isEmpty }
    }

    /// By `attack (scenario)`.
    var attacks: [String: Group] = [:]
    /// By `benign:STYLE`.
    var styles: [String: Group] = [:]
    /// By user entity.
    var accounts: [Entity: Account] = [:]
    /// The campaigns.
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
    ///   - highest: the highest level that each entity reached.
    ///   - signal: the rung from which on a score counts as a signal.
    init(_ observations: [Judged], truth: Truth, highest: [Entity: Level], signal: Int) {
        campaigns = CampaignEvaluation(observations, truth: truth, highest: highest)
        var met = 0
        for observation in observations {
            guard let entry = truth.entries[observation.record] else {
                unknown += 1
                continue
            }
            met += 1
            let rung = observation.rung ?? 0
            var account = accounts[observation.entity] ?? Account()
            account.queries += 1
            account.highest = highest[observation.entity]
            if entry.isBenign {
                styles[entry.scenario, default: Group()].add(rung, instance: "", signal: signal)
            } else {
                attacks["\(entry.attack) (\(entry.scenario))", default: Group()]
                    .add(rung, instance: entry.instance, signal: signal)
                account.attacks.insert(entry.attack)
                account.instances.insert(entry.instance)
            }
            accounts[observation.entity] = account
        }
        missing = truth.entries.count - met
    }
}
