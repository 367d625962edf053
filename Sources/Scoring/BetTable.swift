import Domain

/// What a detector's scores are bet at: by how rare each is among benign ones, and by what the entity's last queries were.
///
/// A score's **mark** says how rare it is: 1 … 5 where at most 10 %, 3 %, 1 %, 0.3 %, 0.1 % of benign scores are as high, 6 where
/// none is rarer, 0 below all. A query at mark 1 or above is **remarkable**. What follows a remarkable query is not independent
/// of it, in video, bursts and retries as little as in an attack, so it is bet by what followed remarkable queries in the benign
/// traffic (docs/scoring.md#what-follows-a-remarkable-query).
package struct BetTable: Hashable, Sendable {
    /// How a mark stood in the entity's queries before the one at hand.
    package enum Past: Int, CaseIterable, Sendable {
        /// None of the last ``memory`` scored queries was remarkable.
        case calm
        /// One of them was, but none had this mark.
        case remarkable
        /// One of them had this mark, but not the last.
        case recent
        /// The last had this mark.
        case previous
    }

    /// The shares of benign scores that marks 1 … 5 stand for; mark 6 is the rarest rung, whatever its share.
    package static let shares = [0.1, 0.03, 0.01, 0.003, 0.001]
    /// Marks besides 0.
    package static let marks = 6
    /// How many scored queries are remembered.
    package static let memory = 8

    /// The least rung of each mark; six, each 1 … K, not falling.
    package let rungs: [Int]
    /// By past (``Past``) and mark: one over the bound on the probability of the mark, in Q32; 4 lists of 6, each at least 1.
    package let inverses: [[Int64]]
    /// How many benign scores came after a remarkable one.
    package let pairs: Int
    /// How many independent ones these are worth.
    package let worth: Int
    /// How many of ``BetLane/all`` bet differently from the others.
    let distinctLanes: Int
    /// What a query adds to each lane, in units: by lane, past, and whether it has the mark.
    private let gains: [[(miss: Int64, hit: Int64)]]

    /// A table.
    ///
    /// - Parameters:
    ///   - rungs: six, not falling.
    ///   - inverses: 4 lists of 6 values in Q32, each at least 1.
    ///   - pairs: benign scores after a remarkable one.
    ///   - worth: independent ones.
    package init(rungs: [Int], inverses: [[Int64]], pairs: Int, worth: Int) {
        self.rungs = rungs
        self.inverses = inverses
        self.pairs = pairs
        self.worth = worth
        var distinct = 0
        var last: BetLane?
        for lane in BetLane.all {
            let isSame = last.map { before in
                before.horizon == lane.horizon && before.stake == lane.stake
                    && rungs.count == Self.marks && rungs[before.mark - 1] == rungs[lane.mark - 1]
                    // Lent pasts differ by mark, even where the rungs are the same: then the lanes are two.
                    && inverses.allSatisfy {
                        $0.count == Self.marks && $0[before.mark - 1] == $0[lane.mark - 1]
                    }
            }
            if isSame != true { distinct += 1 }
            last = lane
        }
        distinctLanes = distinct
        gains = BetLane.all.map { lane in
            // A damaged artefact is refused by its fault, later: until then nothing may be computed from it.
            guard Self.areSound(inverses) else { return [] }
            return inverses.map { values in
                (miss: lane.gain(betting: 0), hit: lane.gain(betting: values[lane.mark - 1]))
            }
        }
    }

    /// How rare a rung is: 0 … 6.
    func mark(ofRung rung: Int) -> Int {
        var mark = 0
        while mark < Self.marks, rung >= rungs[mark] { mark += 1 }
        return mark
    }

    /// What a query adds to a lane, in units.
    func gain(ofLane lane: Int, past: Past, isHit: Bool) -> Int64 {
        let gain = gains[lane][past.rawValue]
        return isHit ? gain.hit : gain.miss
    }

    /// One over the bound on a mark, Q32.
    func inverse(ofMark mark: Int, past: Past) -> Int64 { inverses[past.rawValue][mark - 1] }

    /// What a query of a mark multiplies a stake of everything by, for people.
    ///
    /// - Parameters:
    ///   - mark: 1 … ``marks``.
    ///   - past: what went before.
    /// - Returns: 1/u, to three digits.
    package func bet(onMark mark: Int, past: Past) -> Double {
        ScoringConfiguration.threeDigits(Double(inverse(ofMark: mark, past: past)) / 4_294_967_296)
    }

    private static func areSound(_ inverses: [[Int64]]) -> Bool {
        inverses.count == Past.allCases.count
            && inverses.allSatisfy { $0.count == marks && $0.allSatisfy { (0...1 << 56).contains($0) } }
    }

    /// What is wrong with the table; nil when nothing is.
    ///
    /// - Parameter count: K of the detector.
    /// - Returns: the fault, in words.
    func fault(rungs count: Int) -> String? {
        guard rungs.count == Self.marks, rungs.allSatisfy({ (1...count).contains($0) }),
            zip(rungs, rungs.dropFirst()).allSatisfy({ $0 <= $1 })
        else { return "marks that are no rungs, or fall" }
        guard Self.areSound(inverses) else { return "bets of different lengths or out of range" }
        guard pairs >= 0, (0...pairs).contains(worth) else { return "counts of pairs out of range" }
        return nil
    }
}

extension BetTable {
    package static func == (left: BetTable, right: BetTable) -> Bool {
        left.rungs == right.rungs && left.inverses == right.inverses && left.pairs == right.pairs
            && left.worth == right.worth
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(rungs)
        hasher.combine(inverses)
    }
}

/// One of the eight ways in which a detector's capital is bet (riskd-edet-2).
struct BetLane: Hashable, Sendable {
    /// How long it remembers.
    let horizon: Lane
    /// The mark that it bets on, 1 … 6.
    let mark: Int
    /// The share of the capital that is staked, in 128ths.
    let stake: Int64

    /// Five fast ones, of a mark each, and one for each longer horizon.
    ///
    /// Marks that many benign queries have are staked less, and so is what is remembered for long: a slow lane bets through
    /// all the benign queries between those of a patient attack.
    static let all = [
        BetLane(horizon: .burst, mark: 2, stake: 64), BetLane(horizon: .burst, mark: 3, stake: 64),
        BetLane(horizon: .burst, mark: 4, stake: 96), BetLane(horizon: .burst, mark: 5, stake: 96),
        BetLane(horizon: .burst, mark: 6, stake: 96), BetLane(horizon: .session, mark: 4, stake: 64),
        BetLane(horizon: .shift, mark: 3, stake: 32), BetLane(horizon: .campaign, mark: 4, stake: 32),
    ]

    /// The mark whose lane alone never says more than low: what one benign query in thirty is like is a hint and no more.
    static let cappedMark = 2
    /// The most evidence that lane holds beyond its price, in units: medium is entered at 10.7 bits.
    static let ceiling: Int64 = 10 * Evidence.bit

    /// log2(1 - stake + stake · bet), in units.
    ///
    /// - Parameter bet: an e-value in Q32, at most 2^56.
    /// - Returns: below 0 where the bet loses.
    func gain(betting bet: Int64) -> Int64 {
        ilog2(UInt64(Evidence.one / 128 * (128 - stake) + Int64((Int128(bet) * Int128(stake)) >> 7)))
    }
}
