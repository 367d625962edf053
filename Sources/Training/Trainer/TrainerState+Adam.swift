internal import Glibc

extension TrainerState {
    private static let meanDecay: Float = 0.9
    private static let squareDecay: Float = 0.999
    /// Far below the slopes of a mean over thousands of outputs, which the usual 1e-8 would damp.
    private static let epsilon: Float = 1e-12

    /// One step of Adam along the sum of the shards' gradients.
    ///
    /// - Parameters:
    ///   - gradients: one a shard, summed in their order.
    ///   - first: parameters before this one stay as they are.
    ///   - rate: the step size.
    mutating func descend(_ gradients: [FloatBuffer], from first: Int, rate: Double) {
        let correction = (1 - pow(Double(Self.squareDecay), Double(steps))).squareRoot()
        let size = Float(rate * correction / (1 - pow(Double(Self.meanDecay), Double(steps))))
        guard let total = gradients.first, first < total.count else { return }
        for gradient in gradients.dropFirst() {
            let (sum, part) = (total.values, gradient.values)
            for place in first..<total.count { sum[place] += part[place] }
        }
        parameters.withUnsafeMutableBufferPointer { parameters in
            means.withUnsafeMutableBufferPointer { means in
                squares.withUnsafeMutableBufferPointer { squares in
                    guard let p = parameters.baseAddress, let m = means.baseAddress,
                        let s = squares.baseAddress
                    else { return }
                    let (slopes, keepMean, keepSquare) = (total.values, Self.meanDecay, Self.squareDecay)
                    for place in first..<total.count {
                        let slope = slopes[place]
                        m[place] = keepMean * m[place] + (1 - keepMean) * slope
                        s[place] = keepSquare * s[place] + (1 - keepSquare) * slope * slope
                        p[place] -= size * m[place] / (s[place].squareRoot() + Self.epsilon)
                    }
                }
            }
        }
    }
}
