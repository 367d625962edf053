package import Domain

/// The capital that one detector's bets have made of an entity's queries: eight lanes, and the memory of its last marks.
///
/// The lanes of all detectors share one starting capital evenly; what that costs is the track's price, once, so each
/// detector suffices by itself and none takes anything from another's bets.
package struct DetectorStream: Hashable, Sendable {
    package let detector: DetectorID
    /// Evidence of each of the eight lanes, in units, as of the track's last tick with queries; each 0 … cap.
    package private(set) var lanes: [Int64]
    /// What remarkable queries brought each lane; not negative.
    package private(set) var gains: [Int64]
    /// What unremarkable queries took from each lane; not positive.
    package private(set) var losses: [Int64]
    /// For each of six marks, four bits from the lowest: how many scored queries ago it was met last, 0: more than eight.
    package private(set) var memory: Int64

    /// A stream without capital.
    init(_ detector: DetectorID) {
        self.detector = detector
        lanes = Array(repeating: 0, count: BetLane.all.count)
        gains = lanes
        losses = lanes
        memory = 0
    }

    /// A stream as it was stored; nil unless there are eight lanes.
    package init?(
        _ detector: DetectorID,
        lanes: [Int64],
        gains: [Int64],
        losses: [Int64],
        memory: Int64
    ) {
        guard [lanes, gains, losses].allSatisfy({ $0.count == BetLane.all.count }) else { return nil }
        self.detector = detector
        self.lanes = lanes
        self.gains = gains
        self.losses = losses
        self.memory = memory
    }

    /// Whether it cannot be told from a new one.
    var isZero: Bool { memory == 0 && lanes.allSatisfy { $0 == 0 } }

    /// The strongest lane of each horizon.
    var peaks: SIMD4<Int64> {
        var peaks = SIMD4<Int64>(repeating: 0)
        // The five fast lanes are of one horizon, the others of one each.
        peaks[0] = max(max(max(lanes[0], lanes[1]), max(lanes[2], lanes[3])), lanes[4])
        for lane in 1..<4 { peaks[lane] = lanes[lane + 4] }
        return peaks
    }

    /// A lane's ledger: where its evidence came from.
    func ledger(_ lane: Int) -> Ledger {
        Ledger([
            Ledger.Entry(name: detector.name, units: gains[lane]),
            Ledger.Entry(name: "unremarkable", units: losses[lane]),
            Ledger.Entry(name: "limits", units: lanes[lane] - gains[lane] - losses[lane]),
        ])
    }

    /// Lets the lanes fade; after so long that nothing is left of any, the last queries are forgotten too.
    mutating func decay(over ticks: Int64, _ configuration: ScoringConfiguration) {
        guard ticks > 0 else { return }
        // By their age alone: the sweep forgets whole tracks no earlier, at moments that depend on who closed the ticks.
        if ticks >= 8 * (configuration.halfLives.max() ?? 0) { memory = 0 }
        let all = BetLane.all
        for lane in lanes.indices where lanes[lane] != 0 {
            let table = configuration.decayTables[all[lane].horizon.rawValue]
            lanes[lane] = table.decay(lanes[lane], over: ticks)
            gains[lane] = lanes[lane] == 0 ? 0 : table.decay(gains[lane], over: ticks)
            losses[lane] = lanes[lane] == 0 ? 0 : table.decay(losses[lane], over: ticks)
        }
    }

    /// Forgets the capital, not the last queries: what follows them is no more independent than before.
    mutating func reset() {
        for lane in lanes.indices { (lanes[lane], gains[lane], losses[lane]) = (0, 0, 0) }
    }

    /// Bets on one query, and remembers it.
    ///
    /// - Parameters:
    ///   - code: what the query says; one that was not scored changes nothing.
    ///   - table: of the detector.
    ///   - price: of the track, in units, above which the capped lane's ceiling lies.
    ///   - configuration: the constants.
    mutating func bet(
        _ code: StepCode,
        _ table: BetTable,
        price: Int64,
        _ configuration: ScoringConfiguration
    ) {
        guard let rung = code.rung else { return }
        let mark = table.mark(ofRung: rung)
        let isRecent = memory & 0xf != 0
        if mark == 0, !isRecent, lanes.allSatisfy({ $0 == 0 }) { return }
        // An opinion of a scene that it has remarked on just now says the same again: no bet.
        if !(code.isSceneKnown && isRecent) { bet(mark, isRecent, table, price, configuration) }
        remember(mark)
    }

    private mutating func bet(
        _ mark: Int,
        _ isRecent: Bool,
        _ table: BetTable,
        _ price: Int64,
        _ configuration: ScoringConfiguration
    ) {
        let all = BetLane.all
        for index in all.indices {
            let lane = all[index]
            let gain = table.gain(
                ofLane: index,
                past: past(of: lane.mark, isRecent),
                isHit: mark >= lane.mark
            )
            let ceiling =
                lane.mark == BetLane.cappedMark
                ? min(configuration.cap, BetLane.ceiling + price) : configuration.cap
            lanes[index] = min(ceiling, max(0, lanes[index] + gain))
            guard lanes[index] > 0 else {
                (gains[index], losses[index]) = (0, 0)
                continue
            }
            if gain > 0 { gains[index] += gain } else { losses[index] += gain }
        }
    }

    private func past(of mark: Int, _ isRecent: Bool) -> BetTable.Past {
        guard isRecent else { return .calm }
        switch (memory >> Int64(4 * (mark - 1))) & 0xf {
        case 0: return .remarkable
        case 1: return .previous
        default: return .recent
        }
    }

    private mutating func remember(_ mark: Int) {
        guard memory != 0 || mark > 0 else { return }
        var next: Int64 = 0
        for place in 0..<BetTable.marks {
            let shift = Int64(4 * place)
            let before = (memory >> shift) & 0xf
            let now = place < mark ? 1 : before == 0 || before >= BetTable.memory ? 0 : before + 1
            next |= now << shift
        }
        memory = next
    }
}
