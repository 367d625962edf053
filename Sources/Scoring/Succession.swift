/// What followed remarkable scores in benign traffic, and the bets that follow from it.
///
/// Four pasts of a mark are told apart (``BetTable/Past``). After no remarkable query the bound is that of all scores. After one, it
/// is the exact bound on the scores that followed remarkable ones, where n and j are divided by their design effect as those
/// of all scores are (``Rungs``): here by the geometric mean of the mark's own and the largest of any mark, because few
/// scores tell of a rare mark's. Where the mark itself was met among the last queries, the bound is also at least the share
/// of scores that met it again. Few benign scores tell that of the rarest marks, so each estimate leans on that of the mark
/// before it as if it had been seen in three scores more: a run of near-equal scores shows itself at the marks that
/// many runs reach. A score a little below the mark counts as meeting it again: where a run is cut by chance, by a
/// threshold that one of its own scores is, nothing has ended.
struct Succession {
    /// Scores worth that the mark before says of the next.
    private static let lean = 3.0
    /// The share of a threshold from which on a score counts as meeting it again.
    private static let near = 0.95
    /// The least exceedances that are looked at for dependence, as in ``Rungs``.
    private static let leastForEffect = 3

    private let rungs: [Int]
    private let thresholds: [Double]
    private let bounds: [Double]
    /// Of scores after a remarkable one: how many, by block, and how many of these met each mark.
    private var blocks: [Int32: Block] = [:]
    private var pairs = 0
    private var met = [Int](repeating: 0, count: BetTable.marks)
    /// Of scores after one with the mark: how many, and how many met it again; the last had it, or one before.
    private var previous = [Count](repeating: Count(), count: BetTable.marks)
    private var recent = [Count](repeating: Count(), count: BetTable.marks)

    private struct Block {
        var scores = 0
        var met = [Int](repeating: 0, count: BetTable.marks)
    }

    private struct Count {
        var scores = 0
        var again = 0
    }

    /// One score, in the order in which scores came.
    struct Score {
        let value: Double
        /// Whose queries it follows.
        let series: Int64
        /// Which scores depend on each other.
        let block: Int32
    }

    /// Looks through benign scores.
    ///
    /// - Parameters:
    ///   - scores: in order.
    ///   - exceedances: j of each rung, falling.
    ///   - thresholds: of each rung.
    ///   - bounds: u of each rung.
    init(_ scores: [Score], exceedances: [Int], thresholds: [Double], bounds: [Double]) {
        let count = scores.count
        let last = exceedances.count
        rungs =
            BetTable.shares.map { share in
                let most = share * Double(count) * (1 + 1e-9)
                return exceedances.firstIndex { Double($0) <= most }.map { $0 + 1 } ?? last
            } + [last]
        self.thresholds = rungs.map { thresholds[$0 - 1] }
        self.bounds = rungs.map { bounds[$0 - 1] }
        var memories: [Int64: [Int]] = [:]
        for score in scores { add(score, &memories[score.series, default: Self.nothing]) }
    }

    /// Queries since each mark: more than are remembered.
    private static let nothing = [Int](repeating: BetTable.memory + 1, count: BetTable.marks)

    private mutating func add(_ score: Score, _ since: inout [Int]) {
        let isRecent = since[0] <= BetTable.memory
        if isRecent {
            pairs += 1
            blocks[score.block, default: Block()].scores += 1
        }
        for mark in 0..<BetTable.marks {
            let isMet = score.value > thresholds[mark]
            let isNear = thresholds[mark] > 0 && score.value >= Self.near * thresholds[mark]
            if isRecent, isMet {
                met[mark] += 1
                blocks[score.block, default: Block()].met[mark] += 1
            }
            if since[mark] == 1 {
                previous[mark].scores += 1
                if isMet || isNear { previous[mark].again += 1 }
            } else if since[mark] <= BetTable.memory {
                recent[mark].scores += 1
                if isMet { recent[mark].again += 1 }
            }
            since[mark] = isMet ? 1 : min(since[mark] + 1, BetTable.memory + 1)
        }
    }

    /// The bets.
    ///
    /// - Parameters:
    ///   - detectors: among how many the chance of failure is split.
    ///   - delta: that chance; it is taken once more for what follows a remarkable score.
    ///   - lent: the bets of a detector like this one, whose pasts are taken where too few scores tell of them.
    ///   - isToLend: whether every mark is taken to depend as much as the one that depends most: what is lent knows less.
    /// - Returns: the table.
    func table(detectors: Int, delta: Double, lent: BetTable? = nil, isToLend: Bool = false) -> BetTable {
        let effects = (0..<BetTable.marks).map { designEffect(of: $0) }
        let effect = effects.reduce(1.0) { max($0, $1) }
        let worth = Int(Double(pairs) / effect + 1e-9)
        let calm = falling(bounds)
        var pasts = [calm]
        if let lent, worth < CalibrationBuilder.neededLinkedScores {
            for past in [BetTable.Past.remarkable, .recent, .previous] {
                pasts.append(
                    (0..<BetTable.marks).map { mark in
                        let lift =
                            Double(max(1, lent.inverse(ofMark: mark + 1, past: .calm)))
                            / Double(max(1, lent.inverse(ofMark: mark + 1, past: past)))
                        return calm[mark] * max(1, lift)
                    }
                )
            }
        } else {
            let taken = effects.map { isToLend ? effect : ($0 * effect).squareRoot() }
            let after = afterRemarkable(calm, taken, detectors, delta)
            pasts.append(after)
            pasts.append(zip(after, shares(recent)).map { max($0, $1) })
            pasts.append(zip(after, shares(previous)).map { max($0, $1) })
        }
        return BetTable(
            rungs: rungs,
            inverses: pasts.map { bounds in
                bounds.map { Int64((1 / min(1, $0) * 4_294_967_296).rounded(.down)) }
            },
            pairs: pairs,
            worth: worth
        )
    }

    /// The bound on each mark after a remarkable score; never below that of all scores.
    private func afterRemarkable(
        _ calm: [Double],
        _ effects: [Double],
        _ detectors: Int,
        _ delta: Double
    ) -> [Double] {
        let risk = delta / Double(Set(rungs).count * detectors)
        let bounds = zip(met, effects).map { count, effect in
            let worth = Int(Double(pairs) / effect + 1e-9)
            let independent = Int((Double(count) / effect).rounded(.up))
            return independent + 1 <= worth
                ? binomialUpperBound(count: independent + 1, of: worth, risk: risk) : 1
        }
        return zip(falling(bounds), calm).map { max($0, $1) }
    }

    /// The share of scores that meet each mark again.
    private func shares(_ counts: [Count]) -> [Double] {
        var share = bounds[0]
        return counts.indices.map { mark in
            if mark == 0 || rungs[mark] != rungs[mark - 1] {
                share =
                    (Double(counts[mark].again) + Self.lean * share)
                    / (Double(counts[mark].scores) + Self.lean)
            }
            return share
        }
    }

    /// A rarer mark includes the one before: its bound is no larger.
    private func falling(_ bounds: [Double]) -> [Double] {
        var least = 1.0
        return bounds.map { bound in
            least = min(least, bound)
            return least
        }
    }

    /// As ``Rungs``: how much more the share of a mark varies over blocks than over independent scores.
    private func designEffect(of mark: Int) -> Double {
        guard met[mark] >= Self.leastForEffect, met[mark] < pairs else { return 1 }
        guard blocks.count > 1 else { return Double(pairs) }
        let share = Double(met[mark]) / Double(pairs)
        // In the order of the blocks, so that every machine adds up the same.
        let squares = blocks.sorted { $0.key < $1.key }.reduce(0.0) { sum, block in
            let excess = Double(block.value.met[mark]) - share * Double(block.value.scores)
            return sum + excess * excess
        }
        let correction = Double(blocks.count) / Double(blocks.count - 1)
        return correction * squares / (Double(pairs) * share * (1 - share))
    }
}
