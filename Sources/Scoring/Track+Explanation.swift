package import Domain

extension Track {
    /// The horizon with the most evidence at a tick; the fastest of equals.
    package func lane(at tick: Tick, _ configuration: ScoringConfiguration) -> Lane {
        strongest(at: tick, configuration).lane
    }

    /// The lane that evidence is taken from: what is left of it, what it costs, and where it came from.
    private func strongest(
        at tick: Tick,
        _ configuration: ScoringConfiguration
    ) -> (lane: Lane, net: Int64, price: Int64, ledger: Ledger) {
        let ticks = age(at: tick)
        var best = (lane: Lane.burst, net: Int64.min, price: configuration.penalty, ledger: Ledger())
        for lane in Lane.allCases {
            let table = configuration.decayTables[lane.rawValue]
            let net = table.decay(lanes[lane.rawValue], over: ticks) - configuration.penalty
            if net > best.net { best = (lane, net, configuration.penalty, ledgers[lane.rawValue]) }
        }
        for stream in streams {
            for (place, lane) in BetLane.all.enumerated() {
                let table = configuration.decayTables[lane.horizon.rawValue]
                let net = table.decay(stream.lanes[place], over: ticks) - price
                guard net > best.net, net > 0 else { continue }
                best = (lane.horizon, net, price, stream.ledger(place))
            }
        }
        let table = configuration.decayTables[best.lane.rawValue]
        best.ledger = best.ledger.decayed(by: table, over: ticks)
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
            let strongest = strongest(at: tick, configuration)
            var ledger = strongest.ledger
            ledger.add(-strongest.price, to: "multiplicity")
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
