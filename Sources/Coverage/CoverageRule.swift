/// When a share of unusable lines is too large, and when it is small enough again.
///
/// Shares are in millionths, so that a restart on another machine decides the same.
package struct CoverageRule: Hashable, Sendable {
    /// One, in millionths.
    package static let whole: Int64 = 1_000_000
    /// The share beyond which a measure is bad, in millionths.
    package let bound: Int64
    /// How many times its baseline a share must also exceed.
    package let factor: Int64
    /// Fewer bad lines say nothing.
    package let least: Int

    /// A rule.
    ///
    /// - Parameters:
    ///   - bound: a share above 0, at most 1.
    ///   - factor: 1 or more; a measure whose baseline is near the bound is held to that many times the baseline.
    ///   - least: 1 or more lines.
    package init(bound: Double, factor: Int = 3, least: Int = 10) {
        self.bound = min(Self.whole, max(1, Int64((bound * Double(Self.whole)).rounded())))
        self.factor = Int64(factor)
        self.least = least
    }

    /// The share that is too large for long: the bound, or `factor` times what is usual, up to twice the bound and half of all
    /// lines.
    ///
    /// What is usual is made of lines that others write: whoever lets a share grow slowly gets no further than that.
    func limit(baseline: Int64) -> Int64 { max(bound, min(factor * baseline, 2 * bound, Self.whole / 2)) }

    /// The share that is too large at once.
    func quickLimit(baseline: Int64) -> Int64 {
        let limit = limit(baseline: baseline)
        return min(2 * limit, (limit + Self.whole) / 2)
    }

    /// The share at which a measure that was bad is good again: far enough below the limit that no steady share goes up and
    /// down between the two.
    func endLimit(baseline: Int64) -> Int64 { max(limit(baseline: baseline) / 4, baseline) }
}
