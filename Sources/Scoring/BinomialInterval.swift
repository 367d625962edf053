/// The Clopper-Pearson interval of a probability: exact, from both tails of the binomial distribution.
///
/// - Parameters:
///   - count: how often it happened, 0 … size.
///   - size: out of how often; with 0 nothing is known.
///   - confidence: above 0, below 1.
/// - Returns: an interval that holds the probability with at least `confidence`.
package func binomialInterval(count: Int, of size: Int, confidence: Double = 0.95) -> ClosedRange<Double> {
    precondition(count >= 0 && count <= size && confidence > 0 && confidence < 1)
    guard size > 0 else { return 0...1 }
    let risk = (1 - confidence) / 2
    // What did not happen has the mirrored interval.
    let low = count == 0 ? 0 : 1 - binomialUpperBound(count: size - count + 1, of: size, risk: risk)
    let high = count == size ? 1 : binomialUpperBound(count: count + 1, of: size, risk: risk)
    return low...high
}
