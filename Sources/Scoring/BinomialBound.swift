import Foundation

/// The upper Clopper-Pearson bound on a probability: the Beta quantile BetaInv(1 - risk; count, size - count + 1).
///
/// Solves `P(Binomial(size, p) < count) = risk` for p. The quantile's parameters are whole numbers here, so the tail is
/// a finite sum of falling positive terms; with Loader's saddle-point form of the first term (Fast and Accurate
/// Computation of Binomial Probabilities, 2000) nothing cancels, which a continued fraction over lgamma loses four
/// digits to.
///
/// - Parameters:
///   - count: 1 … size.
///   - size: at least 1.
///   - risk: above 0, at most 0.5.
/// - Returns: a probability, accurate to about 1e-13 of itself.
func binomialUpperBound(count: Int, of size: Int, risk: Double) -> Double {
    precondition(count >= 1 && count <= size && risk > 0 && risk <= 0.5)
    let target = log(risk)
    var low = Double(count - 1) / Double(size)
    var high = 1.0
    var guess = min((Double(count) + 1) / (Double(size) + 2), 0.5 * (low + 1))
    for _ in 0..<200 {
        let tail = LowerTail(count - 1, of: size, probability: guess)
        let excess = tail.logarithm - target
        if excess > 0 { low = guess } else { high = guess }
        // Newton on the tail's logarithm, whose slope is -(size - count + 1) / ((1 - p) · sum).
        var next = guess + excess * (1 - guess) * tail.sum / Double(size - count + 1)
        if !(next > low && next < high) {
            if excess == 0 || abs(next - guess) <= guess * 1e-15 { return guess }
            next = 0.5 * (low + high)
        }
        if abs(next - guess) <= guess * 1e-15 { return next }
        guess = next
    }
    return high
}

/// `P(Binomial(size, p) <= count)` as its largest term times a sum.
private struct LowerTail {
    /// The sum of all terms, in units of the first.
    let sum: Double
    /// The tail's natural logarithm.
    let logarithm: Double

    init(_ count: Int, of size: Int, probability: Double) {
        let odds = (1 - probability) / probability
        var sum = 1.0
        var term = 1.0
        var index = count
        while index > 0 {
            term *= odds * Double(index) / Double(size - index + 1)
            sum += term
            if term < sum * 1e-18 { break }
            index -= 1
        }
        self.sum = sum
        logarithm = logDensity(count, of: size, probability: probability) + log(sum)
    }
}

/// The logarithm of `P(Binomial(size, p) = count)`.
private func logDensity(_ count: Int, of size: Int, probability: Double) -> Double {
    if count == 0 { return Double(size) * log1p(-probability) }
    if count == size { return Double(size) * log(probability) }
    let (k, n) = (Double(count), Double(size))
    let stirling = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
    let deviances = deviance(k, n * probability) + deviance(n - k, n * (1 - probability))
    return stirling - deviances + 0.5 * log(n / (2 * .pi * k * (n - k)))
}

/// `log n! - log(sqrt(2 pi n) (n/e)^n)` for a whole number n >= 1.
private func stirlingError(_ n: Double) -> Double {
    if n < 16 {
        var factorial = 1.0
        for factor in 1...Int(n) { factorial *= Double(factor) }
        return log(factorial) - 0.5 * log(2 * .pi * n) - n * log(n) + n
    }
    let square = n * n
    let inner = 1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square
    return (1.0 / 12 - (1.0 / 360 - inner / square) / square) / n
}

/// `x log(x/m) + m - x`, without cancellation where x is near m.
private func deviance(_ x: Double, _ mean: Double) -> Double {
    guard abs(x - mean) < 0.1 * (x + mean) else { return x * log(x / mean) + mean - x }
    let ratio = (x - mean) / (x + mean)
    var result = (x - mean) * ratio
    var term = 2 * x * ratio
    var divisor = 3.0
    while true {
        term *= ratio * ratio
        let next = result + term / divisor
        if next == result { return next }
        result = next
        divisor += 2
    }
}
