import Foundation

/// The factors by which a lane's evidence fades over 1, 2, 4, … 2^31 ticks.
package struct DecayTable: Hashable, Sendable {
    /// 32 factors in Q30 (0 ..< 2^30); entry i covers 2^i ticks.
    package let factors: [Int64]

    /// The table of a half-life; computed once, then stored.
    ///
    /// - Parameter halfLife: ticks, at least 1.
    init(halfLife: Int64) {
        var factor = Int64(pow(2, -1 / Double(halfLife)) * Double(1 << 30))
        var factors: [Int64] = []
        for _ in 0..<32 {
            factors.append(factor)
            factor = (factor * factor) >> 30
        }
        self.factors = factors
    }

    /// A stored table; nil unless it has 32 factors in range of which the last is 0.
    init?(stored factors: [Int64]) {
        guard factors.count == 32, factors.allSatisfy({ $0 >= 0 && $0 < 1 << 30 }), factors[31] == 0 else {
            return nil
        }
        self.factors = factors
    }

    /// What is left of some evidence after some ticks.
    ///
    /// Multiplies by the factors of the set bits of `ticks`, low bit first, rounding down each time. The roundings
    /// add up to at most one unit per set bit, so that one more tick may leave a few units more.
    ///
    /// - Parameters:
    ///   - evidence: units; a negative amount fades as its magnitude does.
    ///   - ticks: at least 0.
    /// - Returns: units, between 0 and `evidence`.
    package func decay(_ evidence: Int64, over ticks: Int64) -> Int64 {
        if evidence < 0 { return -decay(-evidence, over: ticks) }
        precondition(ticks >= 0, "evidence does not fade backwards")
        guard ticks >> 32 == 0 else { return 0 }
        var left = evidence
        var rest = UInt64(ticks)
        while rest != 0, left != 0 {
            let factor = factors[rest.trailingZeroBitCount]
            // A ledger's parts, unlike a lane, may outgrow 33 bits.
            left = left >> 33 == 0 ? (left * factor) >> 30 : Int64((Int128(left) * Int128(factor)) >> 30)
            rest &= rest - 1
        }
        return left
    }
}
