import Domain

/// Attempts that are reported together.
struct LevelGroup {
    /// `attack (scenario)`, or what they have in common.
    let name: String
    /// Whether it takes attempts of several attacks together.
    var isTotal = false
    let attempts: [LevelEvaluation.Attempt]

    /// How many reach a level, by whichever way.
    func count(_ level: Level, _ reached: (LevelEvaluation.Attempt) -> Level = \.level) -> Int {
        attempts.count { reached($0) >= level }
    }

    /// The middle one (of an even number the upper) of what the attempts that reach a level took to get there; nil of none.
    func median<Value: Comparable>(
        _ level: Level,
        _ value: (LevelEvaluation.Attempt.Reach) -> Value
    ) -> Value? {
        let values = attempts.compactMap { $0.reached[level].map(value) }.sorted()
        return values.isEmpty ? nil : values[values.count / 2]
    }
}

extension LevelEvaluation {
    /// The attempts of each attack, then those that are long enough, then all.
    var groups: [LevelGroup] {
        let byName = Dictionary(grouping: attempts, by: \.group).sorted { $0.key < $1.key }
        return byName.map { LevelGroup(name: $0.key, attempts: $0.value) } + totals
    }

    /// Those with ten queries or more, with a hundred or more, and all.
    var totals: [LevelGroup] {
        [("10 or more queries", 10), ("100 or more queries", 100), ("all", 1)].map { name, least in
            LevelGroup(name: name, isTotal: true, attempts: attempts.filter { $0.queries >= least })
        }
    }

    /// The attempts that were noticed least come first: by level, then by the share of their queries until medium.
    var worstFirst: [Attempt] {
        func place(_ attempt: Attempt) -> (Level, Double, Int, String) {
            let until = attempt.reached[.medium] ?? attempt.reached[.low]
            let share = until.map { Double($0.queries) / Double(attempt.queries) } ?? 1
            return (attempt.level, -share, -attempt.queries, attempt.name)
        }
        return attempts.sorted { place($0) < place($1) }
    }
}
