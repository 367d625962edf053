import Domain

@testable import Scoring

/// An entity's evidence by the rules' words (riskd-edet-2): the last marks are a list, a lane is a number, nothing is forgotten early.
///
/// Calls nothing of `DetectorStream`, `BetTable`'s gains or `Capital`. What a calibration of riskd-edet-1 bets is a `Track`'s, which
/// has golden vectors of its own.
struct SlowTrack {
    private var means = Track()
    private var streams: [DetectorID: Stream] = [:]
    private var price: Int64 = 0
    private var tick: Tick?

    private struct Stream {
        /// Newest first.
        var marks: [Int] = []
        var lanes = [Int64](repeating: 0, count: 8)
        var gains = [Int64](repeating: 0, count: 8)
        var losses = [Int64](repeating: 0, count: 8)

        var isRecent: Bool { marks.prefix(8).contains { $0 >= 1 } }
        var isNew: Bool { !isRecent && lanes.allSatisfy { $0 == 0 } }

        /// Calm 0, remarkable 1, this mark recently 2, by the last query 3.
        func past(_ mark: Int) -> Int {
            guard isRecent else { return 0 }
            guard let place = marks.prefix(8).firstIndex(where: { $0 >= mark }) else { return 1 }
            return place == 0 ? 3 : 2
        }
    }

    /// Horizon, mark, stake in quarters.
    private static let lanes: [(horizon: Int, mark: Int, quarters: Int64)] = [
        (0, 2, 2), (0, 3, 2), (0, 4, 3), (0, 5, 3), (0, 6, 3), (1, 4, 2), (2, 3, 1), (3, 4, 1),
    ]

    /// The bits that all lanes that differ cost.
    private static func price(_ calibration: Calibration, _ entity: Entity) -> Int64 {
        guard let scope = entity.scope else { return 0 }
        var count = 0
        for detector in calibration.detectors(feeding: scope) {
            guard let bets = detector.bets else { continue }
            var different: Set<[Int64]> = []
            for lane in lanes {
                let values = bets.inverses.map { $0[lane.mark - 1] }
                let own = [Int64(lane.horizon), lane.quarters, Int64(bets.rungs[lane.mark - 1])]
                different.insert(own + values)
            }
            count += different.count
        }
        guard count > 0 else { return 0 }
        var whole: Int64 = 0
        while 1 << (whole + 1) <= count { whole += 1 }
        return 1 << whole == count ? whole << 20 : ilog2(UInt64(count) << 32) + 1
    }

    mutating func take(
        _ histogram: TickHistogram,
        _ calibration: Calibration,
        _ rules: ScoringConfiguration
    ) {
        fade(to: histogram.tick, rules)
        guard calibration.detectors.contains(where: { $0.bets != nil }) else {
            means.step(histogram, calibration, rules)
            return
        }
        let now = Self.price(calibration, histogram.entity)
        price = streams.isEmpty ? now : max(now, price)
        for (counts, codes) in zip(histogram.counts, histogram.steps) {
            guard let bets = calibration[counts.detector]?.bets else { continue }
            for code in codes where code.bits != 0xff {
                query(code, counts.detector, bets, rules)
            }
        }
        streams = streams.filter { !$0.value.isNew }
    }

    private mutating func fade(to next: Tick, _ rules: ScoringConfiguration) {
        let ticks = tick.map { next.index - $0.index } ?? 0
        tick = next
        guard ticks > 0 else { return }
        let lanes = means.lanes(at: next, rules)
        let ledgers = (0..<4).map { lane in
            var ledger =
                lanes[lane] == 0
                ? Ledger() : means.ledgers[lane].decayed(by: rules.decayTables[lane], over: ticks)
            ledger.add(lanes[lane] - ledger.total, to: "limits")
            return ledger
        }
        means = Track(lanes: lanes, ledgers: ledgers, level: .info, below: 0, tick: next, seen: nil)
        for name in streams.keys {
            guard var stream = streams[name] else { continue }
            for (place, lane) in Self.lanes.enumerated() {
                func faded(_ units: Int64) -> Int64 {
                    rules.decayTables[lane.horizon].decay(units, over: ticks)
                }
                stream.lanes[place] = faded(stream.lanes[place])
                stream.gains[place] = stream.lanes[place] == 0 ? 0 : faded(stream.gains[place])
                stream.losses[place] = stream.lanes[place] == 0 ? 0 : faded(stream.losses[place])
            }
            // Longer than anything lasts.
            if rules.halfLives.allSatisfy({ ticks >= 8 * $0 }) { stream.marks = [] }
            streams[name] = stream.isNew ? nil : stream
        }
    }

    private mutating func query(
        _ code: StepCode,
        _ detector: DetectorID,
        _ bets: BetTable,
        _ rules: ScoringConfiguration
    ) {
        var stream = streams[detector] ?? Stream()
        let rung = Int(code.bits & 0x3f)
        let mark = bets.rungs.count { rung >= $0 }
        let one: Int64 = 1 << 32
        if code.bits & 0x40 == 0 || !stream.isRecent {
            for (place, lane) in Self.lanes.enumerated() {
                var bet = one / 4 * (4 - lane.quarters)
                if mark >= lane.mark {
                    let value = Int128(bets.inverses[stream.past(lane.mark)][lane.mark - 1])
                    bet += Int64(value * Int128(lane.quarters) / 4)
                }
                let gain = ilog2(UInt64(bet))
                var units = max(0, stream.lanes[place] + gain)
                if lane.mark == 2 { units = min(units, 10 << 20 + price) }
                units = min(units, rules.cap)
                stream.lanes[place] = units
                if gain > 0 { stream.gains[place] += gain } else { stream.losses[place] += gain }
                if units == 0 { (stream.gains[place], stream.losses[place]) = (0, 0) }
            }
        }
        stream.marks.insert(mark, at: 0)
        streams[detector] = stream
    }

    /// What people's reset leaves: the marks of the last queries.
    mutating func reset() {
        means = Track()
        for name in streams.keys {
            streams[name] = Stream(marks: streams[name]?.marks ?? [])
        }
        streams = streams.filter { !$0.value.isNew }
        if streams.isEmpty { tick = nil }
        price = 0
    }

    private func left(_ units: Int64, _ horizon: Int, at now: Tick, _ rules: ScoringConfiguration) -> Int64 {
        rules.decayTables[horizon].decay(units, over: tick.map { now.index - $0.index } ?? 0)
    }

    private func means(at now: Tick, _ rules: ScoringConfiguration) -> [Int64] {
        (0..<4).map { left(means.lanes[$0], $0, at: now, rules) }
    }

    /// Every lane with what it says beyond its price.
    private func standings(at now: Tick, _ rules: ScoringConfiguration)
        -> [(detector: DetectorID, place: Int, net: Int64)]
    {
        streams.keys.sorted().flatMap { name in
            Self.lanes.enumerated().map { place, lane in
                let units = left(streams[name]?.lanes[place] ?? 0, lane.horizon, at: now, rules)
                return (name, place, units - price)
            }
        }
    }

    func evidence(at now: Tick, _ rules: ScoringConfiguration) -> Int64 {
        let best = standings(at: now, rules).map(\.net).max() ?? 0
        return max(0, best, (means(at: now, rules).max() ?? 0) - rules.penalty)
    }

    /// On the scale of riskd-edet-1.
    func horizons(at now: Tick, _ rules: ScoringConfiguration) -> [Int64] {
        let means = means(at: now, rules)
        let standings = standings(at: now, rules)
        return (0..<4).map { horizon in
            let of = standings.filter {
                Self.lanes[$0.place].horizon == horizon && (streams[$0.detector]?.lanes[$0.place] ?? 0) > 0
            }
            return max(0, means[horizon], of.map { $0.net + rules.penalty }.max() ?? 0)
        }
    }

    /// The lane that counts, and its parts at 1.0 criticality and at the entity's.
    func explain(at now: Tick, criticality: Int64, _ rules: ScoringConfiguration)
        -> (lane: Lane, parts: [Contribution])
    {
        let means = means(at: now, rules)
        let strongest = means.max() ?? 0
        let mean = means.firstIndex(of: strongest) ?? 0
        var (horizon, cost) = (mean, rules.penalty)
        var parts = Dictionary(
            uniqueKeysWithValues: self.means.ledgers[mean].entries.map { ($0.name, $0.units) }
        )
        var best = max(0, strongest - rules.penalty)
        for (detector, place, net) in standings(at: now, rules) where net > best {
            guard let stream = streams[detector] else { continue }
            (best, horizon, cost) = (net, Self.lanes[place].horizon, price)
            let (gain, loss) = (stream.gains[place], stream.losses[place])
            parts = [
                detector.name: gain, "unremarkable": loss, "limits": stream.lanes[place] - gain - loss,
            ]
        }
        let lane = Lane(rawValue: horizon) ?? .burst
        let evidence = evidence(at: now, rules)
        let plain = rules.scoreMilli(evidence, criticality: 1000)
        let impact = rules.scoreMilli(evidence, criticality: criticality) - plain
        guard evidence > 0 else { return (lane, []) }
        parts = parts.mapValues { left($0, horizon, at: now, rules) }
        parts["multiplicity", default: 0] -= cost
        parts["limits", default: 0] += evidence - parts.values.reduce(0, +)
        parts = parts.filter { $0.value != 0 }
        // Shares rounded down; the largest part, the last by name of equals, takes the rest.
        var shares = parts.mapValues { units in
            let product = Int128(plain) * Int128(units)
            let down = product / Int128(evidence)
            return Int64(down * Int128(evidence) > product ? down - 1 : down)
        }
        let largest = shares.max { ($0.value.magnitude, $0.key) < ($1.value.magnitude, $1.key) }
        if let largest { shares[largest.key, default: 0] += plain - shares.values.reduce(0, +) }
        shares["impact"] = impact
        let listed = shares.filter { $0.value != 0 }.sorted {
            $0.value.magnitude == $1.value.magnitude
                ? $0.key < $1.key : $0.value.magnitude > $1.value.magnitude
        }
        return (lane, listed.map { Contribution(name: $0.key, milliPoints: $0.value) })
    }
}
