/// A number with one decimal, rounded half away from zero.
///
/// - Parameter value: a finite number that ten times over fits 64 bits.
/// - Returns: such as `87.9`.
package func oneDecimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}
