package import Domain

extension Track {
    /// The lane with the most evidence at a tick; the fastest of equals.
    package func lane(at tick: Tick, _ configuration: ScoringConfiguration) -> Lane {
        let lanes = lanes(at: tick, configuration)
        var best = Lane.burst
        for lane in Lane.allCases where lanes[lane.rawValue] > lanes[best.rawValue] { best = lane }
        return best
    }

    /// The score at a tick in parts: the winning lane's ledger, the price of choosing it, and the criticality.
    ///
    /// - Parameters:
    ///   - tick: not before the last tick with queries.
    ///   - criticality: w in permille.
    ///   - configuration: the constants.
    /// - Returns: parts that are not zero and sum to the score, largest magnitude first, equals by name.
    package func explain(
        at tick: Tick,
        criticality: Int64 = 1000,
        _ configuration: ScoringConfiguration
    ) -> [Contribution] {
        let evidence = evidence(at: tick, configuration)
        let plain = configuration.scoreMilli(evidence, criticality: 1000)
        let score = configuration.scoreMilli(evidence, criticality: criticality)
        var parts: [Contribution] = []
        if evidence > 0 {
            let lane = lane(at: tick, configuration).rawValue
            var ledger = ledgers[lane].decayed(by: configuration.decayTables[lane], over: age(at: tick))
            ledger.add(-configuration.penalty, to: "multiplicity")
            ledger.add(evidence - ledger.total, to: "limits")
            parts = ledger.entries.map {
                let share = (Int128(plain) * Int128($0.units)).floorDivided(by: Int128(evidence))
                return Contribution(name: $0.name, milliPoints: Int64(share))
            }
            // What rounding left over goes to the largest part, the last by name of equals.
            let rest = plain - parts.reduce(0) { $0 + $1.milliPoints }
            let isSmaller = { (left: Contribution, right: Contribution) in
                left.milliPoints.magnitude == right.milliPoints.magnitude
                    ? precedes(left.name, right.name)
                    : left.milliPoints.magnitude < right.milliPoints.magnitude
            }
            if let largest = parts.indices.max(by: { isSmaller(parts[$0], parts[$1]) }) {
                let part = parts[largest]
                parts[largest] = Contribution(name: part.name, milliPoints: part.milliPoints + rest)
            }
        }
        parts.append(Contribution(name: "impact", milliPoints: score - plain))
        return parts.inOrder
    }
}

extension [Contribution] {
    /// Without zeros, largest magnitude first, equals by name.
    var inOrder: [Contribution] {
        filter { $0.milliPoints != 0 }.sorted {
            $0.milliPoints.magnitude == $1.milliPoints.magnitude
                ? precedes($0.name, $1.name) : $0.milliPoints.magnitude > $1.milliPoints.magnitude
        }
    }
}
