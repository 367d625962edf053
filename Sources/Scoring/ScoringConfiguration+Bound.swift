package import Domain
import Glibc

extension ScoringConfiguration {
    /// How many entries into a level a million queries of ordinary traffic have at most (docs/design/evidence.md#the-bound):
    /// `10^6 / (2^b_in - 2^b_out)`, with the evidence at which the level is entered and left.
    ///
    /// For reading only: nothing is decided by it.
    ///
    /// - Parameters:
    ///   - level: the level; info is no entry.
    ///   - criticality: w in permille.
    /// - Returns: entries; nil for info.
    package func falseAlarmBound(entering level: Level, criticality: Int64) -> Double? {
        guard level > .info else { return nil }
        let index = level.rawValue - 1
        let gap = exp2(bits(enter[index], criticality)) - exp2(bits(exit[index], criticality))
        return gap > 0 ? 1_000_000 / gap : nil
    }

    /// A figure for people to three digits, however small: a promise is never rounded to nothing.
    package static func threeDigits(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return value }
        let unit = pow(10, 2 - floor(log10(value)))
        return (value * unit).rounded() / unit
    }

    /// The evidence that has a score, in bits: C = kappa · √(S / (w · (100 - S))).
    private func bits(_ score: Int64, _ criticality: Int64) -> Double {
        let odds = Double(score) / Double(100_000 - min(score, 99_999))
        return Double(kappa) / 1000 * (odds * 1000 / Double(criticality)).squareRoot()
    }
}
