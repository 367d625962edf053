internal import Glibc

/// What a network is trained for.
package enum Objective: Hashable, Sendable {
    /// Cross-entropy of the softmax of the outputs against the label.
    case classification
    /// The mean squared difference of the outputs from the input that the example was made from.
    case reconstruction
}

/// The loss of one shard, and how many labels were met.
struct ShardLoss {
    /// Each example's loss times its weight, summed.
    var loss = 0.0
    var weight = 0.0
    var hits = 0

    /// Adds another shard's.
    mutating func add(_ other: ShardLoss) {
        loss += other.loss
        weight += other.weight
        hits += other.hits
    }
}

/// One example's softmax, loss and slopes.
///
/// - Parameters:
///   - logits: the outputs, `count` numbers.
///   - count: of classes.
///   - label: the place of the class.
///   - scale: what slopes are multiplied with.
///   - slopes: gets p - 1 at the label, p elsewhere, times `scale`; nil when they are not needed.
/// - Returns: the cross-entropy in nats, and whether the label had the largest output.
func crossEntropy(
    _ logits: UnsafePointer<Float>,
    count: Int,
    label: Int,
    scale: Float,
    slopes: UnsafeMutablePointer<Float>?
) -> (loss: Double, isHit: Bool) {
    var best = 0
    for place in 1..<max(count, 1) where logits[place] > logits[best] { best = place }
    var sum = 0.0
    for place in 0..<count { sum += exp(Double(logits[place] - logits[best])) }
    if let slopes {
        for place in 0..<count {
            let probability = exp(Double(logits[place] - logits[best])) / sum
            slopes[place] = (Float(probability) - (place == label ? 1 : 0)) * scale
        }
    }
    return (log(sum) - Double(logits[label] - logits[best]), best == label)
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
