package import Domain

extension ScoringConfiguration {
    /// The evidence at which a score is reached, in bits: `kappa · sqrt(S / (100 - S) / w)`.
    ///
    /// - Parameters:
    ///   - milliPoints: a score, 1 ..< 100,000.
    ///   - criticality: w in permille.
    /// - Returns: bits.
    package func bits(reaching milliPoints: Int64, criticality: Int64) -> Double {
        let odds = Double(milliPoints) / Double(100_000 - milliPoints)
        return Double(kappa) / 1000 * (odds * 1000 / Double(criticality)).squareRoot()
    }

    /// How often tracks may be expected to enter a level in benign traffic, at most (docs/design/evidence.md#the-bound).
    ///
    /// - Parameters:
    ///   - level: above info.
    ///   - steps: T: bets over all tracks: scored queries, or ticks with queries where calibrations bet by the tick.
    ///   - tracks: U.
    ///   - criticality: w in permille.
    /// - Returns: `(T + U) / (2^b_in - 2^b_out)`.
    package func falseEntries(of level: Level, steps: Int, tracks: Int, criticality: Int64) -> Double {
        guard level > .info else { return .infinity }
        let enter = bits(reaching: enter[level.rawValue - 1], criticality: criticality)
        let exit = bits(reaching: exit[level.rawValue - 1], criticality: criticality)
        return Double(steps + tracks) / (powerOfTwo(enter) - powerOfTwo(exit))
    }
}

/// Two to the power of some bits.
private func powerOfTwo(_ bits: Double) -> Double {
    // The whole part exactly, the fraction by its series: Foundation is not needed for four digits of a bound.
    let whole = bits.rounded(.down)
    let fraction = (bits - whole) * 0.693_147_180_559_945_3
    var (term, sum) = (1.0, 1.0)
    for index in 1...20 {
        term *= fraction / Double(index)
        sum += term
    }
    return Double(sign: .plus, exponent: Int(whole), significand: sum)
}
