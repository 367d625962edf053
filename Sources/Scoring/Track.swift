package import Domain

/// The memory of one entity: its evidence, where that came from, and the level
/// (docs/design/evidence.md#marks-lanes-and-what-each-bets).
///
/// The whole state, as storage keeps it. Evidence is in the detectors' streams, or, where the calibration bets on the mean of a
/// tick as those of riskd-edet-1 do, in four lanes of the track itself; what such a calibration left behind fades beside the
/// streams of the next. For a model, all that is of its own track and the level is that of its score; the whole service has a
/// level only.
package struct Track: Hashable, Sendable {
    /// What means of ticks have left in each lane at `tick`, in units of 2^-20 bit, burst first; four, each 0 … cap.
    package private(set) var lanes: [Int64]
    /// Where each of these lanes' evidence came from; four, each summing to its lane.
    package private(set) var ledgers: [Ledger]
    /// What each detector's bets have made, at `tick`, ordered by detector; those like new ones are left out.
    package private(set) var streams: [DetectorStream] = []
    /// What sharing the starting capital among all lanes of all streams costs, in units.
    package private(set) var price: Int64 = 0
    /// The strongest lane of each horizon over all streams.
    private(set) var peaks = SIMD4<Int64>(repeating: 0)
    /// The level at `seen`.
    package private(set) var level: Level
    /// For how many ticks in a row the score has been below the exit of `level`.
    package private(set) var below: Int
    /// The last tick with queries.
    package private(set) var tick: Tick?
    /// The last tick that the level was evaluated at.
    package private(set) var seen: Tick?
    /// The level that people hold this track at, at least; it is no evidence.
    package private(set) var pinned: Level?

    /// A track that nothing is known of.
    package init() {
        lanes = [0, 0, 0, 0]
        ledgers = [Ledger(), Ledger(), Ledger(), Ledger()]
        level = .info
        below = 0
    }

    /// A track as it was stored.
    ///
    /// - Parameters:
    ///   - lanes: units of evidence, burst first.
    ///   - ledgers: as many as lanes.
    ///   - level: the level at `seen`.
    ///   - below: ticks, at least 0.
    ///   - tick: the last tick with queries.
    ///   - seen: the last tick that the level was evaluated at.
    ///   - pinned: the level that people hold it at, at most `level`.
    ///   - streams: the detectors' streams, in any order.
    ///   - price: of the streams, in units.
    /// - Precondition: four lanes and four ledgers.
    package init(
        lanes: [Int64] = [0, 0, 0, 0],
        ledgers: [Ledger] = [Ledger(), Ledger(), Ledger(), Ledger()],
        level: Level,
        below: Int,
        tick: Tick?,
        seen: Tick?,
        pinned: Level? = nil,
        streams: [DetectorStream] = [],
        price: Int64 = 0
    ) {
        precondition(lanes.count == 4 && ledgers.count == 4)
        self.lanes = lanes
        self.ledgers = ledgers
        self.level = level
        self.below = below
        self.tick = tick
        self.seen = seen
        self.pinned = pinned
        self.streams = streams.sorted { $0.detector < $1.detector }
        self.price = price
        findPeaks()
    }

    /// Whether this track cannot be told from a new one, so that forgetting it changes nothing.
    package var isZero: Bool { level == .info && streams.isEmpty && lanes.allSatisfy { $0 == 0 } }

    /// The evidence of each horizon at a tick; reading changes nothing.
    ///
    /// What a stream holds is put on the scale of riskd-edet-1: the evidence that counts is the largest less two bits.
    ///
    /// - Parameters:
    ///   - tick: not before the last tick with queries.
    ///   - configuration: the constants.
    /// - Returns: four amounts of evidence in units, burst first.
    package func lanes(at tick: Tick, _ configuration: ScoringConfiguration) -> [Int64] {
        let ticks = age(at: tick)
        return (0..<4).map { lane in
            let table = configuration.decayTables[lane]
            let peak = table.decay(peaks[lane], over: ticks) - price + configuration.penalty
            return max(table.decay(lanes[lane], over: ticks), peaks[lane] == 0 ? 0 : max(0, peak))
        }
    }

    /// The evidence that counts at a tick, in units.
    package func evidence(at tick: Tick, _ configuration: ScoringConfiguration) -> Int64 {
        Capital(self, configuration).evidence(after: age(at: tick), configuration)
    }

    /// The score at a tick.
    ///
    /// - Parameters:
    ///   - tick: not before the last tick with queries.
    ///   - criticality: w in permille.
    ///   - configuration: the constants.
    /// - Returns: milli-points.
    package func score(at tick: Tick, criticality: Int64 = 1000, _ configuration: ScoringConfiguration)
        -> Int64
    {
        configuration.scoreMilli(evidence(at: tick, configuration), criticality: criticality)
    }

    /// Takes in the queries of one closed tick: one after the other where the histogram holds their order, else by their mean.
    ///
    /// The mean: that of all e-values of the tick is bet at four stakes. A query that a counted detector did not score bets
    /// e = 1; the number of detectors is that of the histogram, so that a silent one still counts.
    ///
    /// - Parameters:
    ///   - histogram: of a tick not before the last one; without queries or detectors nothing happens.
    ///   - calibration: names every detector of the histogram.
    ///   - configuration: the constants.
    package mutating func step(
        _ histogram: TickHistogram,
        _ calibration: Calibration,
        _ configuration: ScoringConfiguration
    ) {
        guard histogram.queries > 0, !histogram.counts.isEmpty else { return }
        guard histogram.steps.isEmpty else {
            bet(histogram, calibration, configuration)
            return
        }
        // A model's queries are its users': what follows one of somebody else's says nothing, and is not bet on.
        guard !calibration.betsByQuery else { return }
        decayStreams(to: histogram.tick, configuration)
        let parts = histogram.counts.map { counts in
            (name: counts.detector.name, value: calibration.bet(counts, of: histogram.queries))
        }
        let total = parts.reduce(0 as Int128) { $0 + $1.value }
        let mean = Int64(total / (Int128(histogram.queries) * Int128(parts.count)))
        let ticks = age(at: histogram.tick)
        for lane in 0..<4 {
            let shift = Int64(configuration.lambdaShifts[lane])
            let bet = Evidence.one - (Evidence.one >> shift) + (mean >> shift)
            let gain = ilog2(UInt64(bet))
            let table = configuration.decayTables[lane]
            let units = min(configuration.cap, max(0, table.decay(lanes[lane], over: ticks) + gain))
            lanes[lane] = units
            guard units > 0 else {
                ledgers[lane] = Ledger()
                continue
            }
            ledgers[lane] = ledgers[lane].decayed(by: table, over: ticks)
            ledgers[lane].book(gain, parts, of: total)
            ledgers[lane].add(units - ledgers[lane].total, to: "limits")
        }
        tick = histogram.tick
    }

    /// Bets on every query of a tick, in order, each detector with its own capital (riskd-edet-2).
    private mutating func bet(
        _ histogram: TickHistogram,
        _ calibration: Calibration,
        _ configuration: ScoringConfiguration
    ) {
        let ticks = age(at: histogram.tick)
        if ticks > 0, lanes != [0, 0, 0, 0] {
            for lane in 0..<4 {
                let table = configuration.decayTables[lane]
                lanes[lane] = table.decay(lanes[lane], over: ticks)
                ledgers[lane] = lanes[lane] == 0 ? Ledger() : ledgers[lane].decayed(by: table, over: ticks)
                ledgers[lane].add(lanes[lane] - ledgers[lane].total, to: "limits")
            }
        }
        decayStreams(to: histogram.tick, configuration)
        // A price that falls would raise evidence without a query.
        price = max(streams.isEmpty ? 0 : price, calibration.price(of: histogram.entity.scope))
        for (counts, codes) in zip(histogram.counts, histogram.steps) {
            guard let table = calibration[counts.detector]?.bets else { continue }
            let place = streams.firstIndex { !($0.detector < counts.detector) } ?? streams.endIndex
            let isKnown = place < streams.endIndex && streams[place].detector == counts.detector
            if !isKnown {
                // Most queries are unremarkable, and say nothing to a detector that holds nothing.
                guard codes.contains(where: { $0.rung.map { table.mark(ofRung: $0) > 0 } ?? false }) else {
                    continue
                }
                streams.insert(DetectorStream(counts.detector), at: place)
            }
            // In place: a copy of its lanes for each query would cost more than the bets.
            for code in codes { streams[place].bet(code, table, price: price, configuration) }
            if streams[place].isZero { streams.remove(at: place) }
        }
        findPeaks()
        tick = histogram.tick
    }

    private mutating func decayStreams(to tick: Tick, _ configuration: ScoringConfiguration) {
        let ticks = age(at: tick)
        guard ticks > 0, !streams.isEmpty else { return }
        for place in streams.indices { streams[place].decay(over: ticks, configuration) }
        streams.removeAll(where: \.isZero)
        findPeaks()
    }

    private mutating func findPeaks() {
        peaks = streams.reduce(SIMD4(repeating: 0)) { pointwiseMax($0, $1.peaks) }
    }

    /// Evaluates the level on every tick up to `tick` that it was not evaluated on yet.
    ///
    /// Ticks at which nothing can change are passed over, so a long silence costs nothing.
    ///
    /// - Parameters:
    ///   - tick: not before the last tick with queries.
    ///   - criticality: w in permille.
    ///   - configuration: the constants.
    /// - Returns: the level at `tick`.
    @discardableResult
    package mutating func advance(
        to tick: Tick,
        criticality: Int64 = 1000,
        _ configuration: ScoringConfiguration
    ) -> Level {
        var next = seen.map { $0.index + 1 } ?? tick.index
        while next <= tick.index {
            evaluate(score(at: Tick(next), criticality: criticality, configuration), configuration)
            // Without queries a score does not rise, so info stays info, and a level as low as it is held at stays too.
            if level == .info || isHeld { break }
            next += 1
        }
        seen = seen.map { max($0, tick) } ?? tick
        return level
    }

    /// One closed tick: the levels of the quiet ticks before it, the queries, the level at it.
    ///
    /// - Parameters:
    ///   - histogram: of a tick after all earlier ones.
    ///   - calibration: names every detector of the histogram.
    ///   - criticality: w in permille.
    ///   - configuration: the constants.
    /// - Returns: the level at the end of the tick.
    @discardableResult
    package mutating func feed(
        _ histogram: TickHistogram,
        _ calibration: Calibration,
        criticality: Int64 = 1000,
        _ configuration: ScoringConfiguration
    ) -> Level {
        if let seen, histogram.tick.index - 1 > seen.index {
            advance(to: Tick(histogram.tick.index - 1), criticality: criticality, configuration)
        }
        step(histogram, calibration, configuration)
        return advance(to: histogram.tick, criticality: criticality, configuration)
    }

    /// Applies enter, exit and hold to the score of the next tick.
    mutating func evaluate(_ score: Int64, _ configuration: ScoringConfiguration) {
        var reached = level.rawValue
        while reached < 4, score >= configuration.enter[reached] { reached += 1 }
        if reached > level.rawValue {
            set(level: reached)
        } else if level > pinned ?? .info, score < configuration.exit[level.rawValue - 1] {
            below += 1
            if below >= configuration.hold { set(level: level.rawValue - 1) }
        } else {
            below = 0
        }
    }

    /// As ``evaluate(_:_:)``, remembering the tick.
    mutating func evaluate(_ score: Int64, at tick: Tick, _ configuration: ScoringConfiguration) {
        evaluate(score, configuration)
        seen = tick
    }

    /// Holds the level at least where it is, until ``unpin()``.
    mutating func pin() { pinned = level > .info ? level : nil }

    /// Whether the level is as low as it is held at: without queries, whose score cannot rise, it stays there.
    var isHeld: Bool { level > .info && level == pinned && below == 0 }

    /// As evaluating a level that ``isHeld`` on every quiet tick up to `tick`.
    mutating func rest(until tick: Tick) { seen = tick }

    /// Lets the level follow the score again.
    mutating func unpin() {
        pinned = nil
        below = 0
    }

    /// Forgets all evidence; the level is what a score enters that had been nothing before.
    ///
    /// A score can only be left over for a model or the whole service, from its members.
    mutating func reset(score: Int64, at tick: Tick, _ configuration: ScoringConfiguration) {
        var left = streams
        for place in left.indices { left[place].reset() }
        let last = self.tick
        self = Track()
        streams = left.filter { !$0.isZero }
        // The last queries are as old as they are: a reset does not renew them.
        self.tick = streams.isEmpty ? nil : last
        evaluate(score, at: tick, configuration)
    }

    /// Whether nothing is left of this track at `tick`, nor at any later one, whatever the roundings of decay.
    func hasVanished(by tick: Tick, _ configuration: ScoringConfiguration) -> Bool {
        guard level == .info else { return false }
        let ticks = age(at: tick)
        let isFaded = (0..<4).allSatisfy { lane in
            let since = ticks - 8 * configuration.halfLives[lane]
            return since >= 0 && configuration.decayTables[lane].decay(peaks[lane], over: since) == 0
        }
        guard streams.isEmpty || isFaded else { return false }
        return (0..<4).allSatisfy { lane in
            if lanes[lane] == 0 { return true }
            // What rounds to nothing is below 64 units; eight half-lives later it is below a quarter of one.
            let since = ticks - 8 * configuration.halfLives[lane]
            let table = configuration.decayTables[lane]
            return since >= 0 && table.decay(lanes[lane], over: since) == 0
                && ledgers[lane].decayed(by: table, over: since).entries.isEmpty
        }
    }

    func age(at tick: Tick) -> Int64 { self.tick.map { tick.index - $0.index } ?? 0 }

    private mutating func set(level number: Int) {
        level = Level(rawValue: number) ?? .critical
        below = 0
    }
}

extension Ledger {
    /// Books what a lane gained: over the detectors in proportion to their bets, a loss as `unremarkable`.
    fileprivate mutating func book(_ gain: Int64, _ parts: [(name: String, value: Int128)], of total: Int128)
    {
        guard gain > 0 else {
            add(gain, to: "unremarkable")
            return
        }
        var rest = gain
        var largest = parts[0]
        for part in parts {
            let share = Int64(Int128(gain) * part.value / max(1, total))
            add(share, to: part.name)
            rest -= share
            let isEqual = part.value == largest.value
            if part.value > largest.value || isEqual && precedes(largest.name, part.name) { largest = part }
        }
        add(rest, to: largest.name)
    }
}
