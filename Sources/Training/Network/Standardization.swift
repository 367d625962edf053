/// Column-wise z = (x - mean) / scale.
package struct Standardization: Hashable, Sendable {
    /// One a column.
    package let means: [Float]
    /// One a column, above 0.
    package let scales: [Float]

    /// Lets a network that was trained on z take x: changes its first layer, which must be dense.
    ///
    /// W z + b = (W / scale) x + (b - W (mean / scale)).
    ///
    /// - Parameters:
    ///   - parameters: the network's, changed in place.
    ///   - network: whose first layer is dense.
    package func foldIntoInput(_ parameters: inout [Float], of network: Network) {
        guard case .dense(let inputs, let outputs)? = network.layers.first else { return }
        for output in 0..<outputs {
            var shift = 0.0
            for input in 0..<inputs {
                let place = output * inputs + input
                parameters[place] /= scales[input]
                shift += Double(parameters[place]) * Double(means[input])
            }
            parameters[inputs * outputs + output] -= Float(shift)
        }
    }

    /// Lets a network that was trained to give z give x: changes its last layer, which must be dense.
    ///
    /// - Parameters:
    ///   - parameters: the network's, changed in place.
    ///   - network: whose last layer is dense.
    package func foldIntoOutput(_ parameters: inout [Float], of network: Network) {
        guard case .dense(let inputs, let outputs)? = network.layers.last, let start = network.offsets.last
        else { return }
        for output in 0..<outputs {
            for input in 0..<inputs { parameters[start + output * inputs + input] *= scales[output] }
            let bias = start + inputs * outputs + output
            parameters[bias] = parameters[bias] * scales[output] + means[output]
        }
    }

    /// A guide that takes z where the given one takes x.
    func unfolded(before guide: Objective.Guide) -> Objective.Guide {
        let layers: [Layer] = [.affine(planes: means.count, places: 1)] + guide.classifier.network.layers
        let classifier = ClassifierNetwork(
            Network(layers),
            parameters: scales + means + guide.classifier.parameters
        )
        return Objective.Guide(classifier, weight: guide.weight)
    }
}
