/// Where one detector's thresholds lie among its benign scores, and what these are worth.
///
/// Scores of one user, or of one session, are alike, so n of them are worth fewer independent ones. How many fewer is
/// measured: at each threshold the *design effect* compares how unevenly the exceedances lie over the blocks with what
/// independent records would give (the ratio estimator's linearised variance over the binomial's; Kish, Survey Sampling,
/// 1965; Korn and Graubard, Survey Methodology 24, 1998). The largest over all thresholds, at least 1, divides n and
/// every j before the exact bound is taken: what thinning to independent records would leave, without throwing any away.
/// Independent records keep all of n, and their bounds are the exact ones to the last bit.
struct Rungs {
    /// The least exceedances that are looked at for dependence: fewer only repeat that a score is in one block.
    private static let leastForEffect = 3

    /// n, and how many independent scores they are worth.
    let count: Int
    let effective: Int
    /// j of each rung, falling; no two rungs have the same threshold.
    private(set) var exceedances: [Int] = []
    private(set) var thresholds: [Double] = []
    /// j of each rung among the independent scores, at least 1.
    private(set) var independent: [Int] = []
    /// Which rungs the e-value weighs: the first of each number of independent exceedances.
    ///
    /// Those after it are not rarer
    /// as far as can be told, but still lines that an alarm may be drawn at.
    private(set) var isWeighted: [Bool] = []
    /// How many bounds are taken, for which the chance of failure is split.
    private let family: Int

    /// - Parameters:
    ///   - falling: benign scores, largest first; not empty.
    ///   - blocks: of each score, who it depends on.
    ///   - fractions: falling.
    init(falling: [Double], blocks: [Int32], fractions: [Double]) {
        let ranks = Self.ranks(of: falling.count, fractions)
        count = falling.count
        let effect = ranks.reduce(1.0) { effect, rank in
            max(effect, Self.designEffect(of: rank, falling, blocks))
        }
        effective = max(1, Int(Double(count) / effect + 1e-9))
        let (count, effective) = (count, effective)
        let shares = ranks.map { max(1, ($0 * effective + count - 1) / count) }
        family = Set(shares).count
        for (rank, share) in zip(ranks, shares) {
            let threshold = falling[rank - 1]
            if thresholds.last == threshold {
                // Of equal thresholds the last has the smallest bound, and its j is nearest to what exceeds it.
                exceedances[exceedances.count - 1] = rank
                independent[independent.count - 1] = share
            } else {
                exceedances.append(rank)
                thresholds.append(threshold)
                independent.append(share)
            }
        }
        isWeighted = independent.indices.map { $0 == 0 || independent[$0] != independent[$0 - 1] }
    }

    /// u of each rung.
    ///
    /// All bounds that were looked at hold together, so merging equal thresholds and weighing only some rungs costs
    /// nothing.
    func bounds(detectors: Int, delta: Double) -> [Double] {
        let risk = delta / Double(family * detectors)
        return independent.map { binomialUpperBound(count: $0, of: effective, risk: risk) }
    }

    /// How many of `count` benign scores lie at or above each threshold, falling, each once; the last is 1.
    static func ranks(of count: Int, _ fractions: [Double]) -> [Int] {
        var ranks: [Int] = []
        for fraction in fractions {
            // 0.07 * 100 is 7.000000000000001 and 0.29 * 100 is 28.999999999999996: forgive the last digits.
            let rank = max(1, Int(fraction * Double(count) + 1e-9))
            if rank != ranks.last { ranks.append(rank) }
        }
        return ranks
    }

    /// How much more the share of scores above a threshold varies than if all were independent.
    private static func designEffect(of rank: Int, _ falling: [Double], _ blocks: [Int32]) -> Double {
        let threshold = falling[rank - 1]
        // Strictly above, as at run time.
        let above = falling.prefix(rank).count { $0 > threshold }
        guard above >= leastForEffect, above < falling.count else { return 1 }
        var sizes: [Int32: (above: Int, all: Int)] = [:]
        for (index, block) in blocks.enumerated() {
            let isAbove = index < above
            let size = sizes[block] ?? (0, 0)
            sizes[block] = (size.above + (isAbove ? 1 : 0), size.all + 1)
        }
        // One block says nothing of how blocks differ: it is worth one score. Blocks of one score each are independent.
        guard sizes.count > 1 else { return Double(falling.count) }
        guard sizes.count < falling.count else { return 1 }
        let share = Double(above) / Double(falling.count)
        // In the order of the blocks, so that every machine adds up the same.
        let squares = sizes.sorted { $0.key < $1.key }.reduce(0.0) { sum, block in
            let excess = Double(block.value.above) - share * Double(block.value.all)
            return sum + excess * excess
        }
        let correction = Double(sizes.count) / Double(sizes.count - 1)
        return correction * squares / (Double(falling.count) * share * (1 - share))
    }
}
