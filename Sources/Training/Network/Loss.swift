internal import Glibc

/// One example's softmax, loss and slopes.
///
/// - Parameters:
///   - logits: the outputs, `count` numbers.
///   - count: of classes.
///   - label: the place of the class.
///   - target: the probability that each class should get; nil for all of it at `label`.
///   - scale: what slopes are multiplied with.
///   - slopes: gets probability minus target, times `scale`; nil when they are not needed.
/// - Returns: the cross-entropy in nats, and the place of the largest output.
func crossEntropy(
    _ logits: UnsafePointer<Float>,
    count: Int,
    label: Int,
    target: [Float]? = nil,
    scale: Float,
    slopes: UnsafeMutablePointer<Float>?
) -> (loss: Double, answer: Int) {
    var best = 0
    for place in 1..<max(count, 1) where logits[place] > logits[best] { best = place }
    var sum = 0.0
    for place in 0..<count { sum += exp(Double(logits[place] - logits[best])) }
    var loss = log(sum)
    for place in 0..<count {
        let difference = logits[place] - logits[best]
        let wanted = target?[place] ?? (place == label ? 1 : 0)
        // The target sums to 1, so the logarithm of the sum counts once.
        if wanted > 0 { loss -= Double(wanted) * Double(difference) }
        slopes?[place] = (Float(exp(Double(difference)) / sum) - wanted) * scale
    }
    return (loss, best)
}

/// One example's mean squared error and slopes.
///
/// - Parameters:
///   - outputs: `count` numbers.
///   - wanted: as many.
///   - count: of outputs.
///   - scale: what slopes are multiplied with.
///   - slopes: gets 2 (output - wanted) / count, times `scale`; nil when they are not needed.
/// - Returns: the mean of the squares.
func squaredError(
    _ outputs: UnsafePointer<Float>,
    _ wanted: UnsafePointer<Float>,
    count: Int,
    scale: Float,
    slopes: UnsafeMutablePointer<Float>?
) -> Double {
    var sum = 0.0
    for place in 0..<count {
        let difference = outputs[place] - wanted[place]
        sum += Double(difference * difference)
    }
    if let slopes {
        let factor = 2 * scale / Float(count)
        for place in 0..<count { slopes[place] = (outputs[place] - wanted[place]) * factor }
    }
    return sum / Double(count)
}
