/// Fixed-point units of evidence (docs/design/evidence.md#units-and-constants).
package enum Evidence {
    /// One bit of evidence: 2^20 units.
    package static let bit: Int64 = 1 << 20
    /// The e-value 1, in Q32: what an unscored query bets.
    package static let one: Int64 = 1 << 32
}

/// The binary logarithm of an e-value, rounded down.
///
/// Repeated squaring on integers, so that every machine gives the same units.
///
/// - Parameter value: an e-value in Q32, at least 1.
/// - Returns: units of 2^-20 bit; negative for e-values below one.
/// - Precondition: `value > 0`.
package func ilog2(_ value: UInt64) -> Int64 {
    precondition(value > 0)
    let whole = 63 - value.leadingZeroBitCount
    var mantissa = whole <= 62 ? value << UInt64(62 - whole) : value >> UInt64(whole - 62)
    var fraction: Int64 = 0
    for _ in 0..<20 {
        let square = mantissa.multipliedFullWidth(by: mantissa)
        mantissa = square.high << 2 | square.low >> 62
        fraction <<= 1
        if mantissa >> 63 != 0 {
            mantissa >>= 1
            fraction |= 1
        }
    }
    return Int64(whole - 32) << 20 + fraction
}

extension Int128 {
    /// Division that rounds toward negative infinity.
    func floorDivided(by divisor: Int128) -> Int128 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
