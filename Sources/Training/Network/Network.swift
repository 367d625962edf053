/// A feed-forward network: its layers; parameters are one flat list beside it, layer after layer.
///
/// So an encoder is a prefix of its autoencoder's parameters, an optimiser sees one vector, and a checkpoint is plain.
package struct Network: Hashable, Sendable {
    /// The steps, first to last.
    package let layers: [Layer]
    /// The layer whose input is added to the last layer's output, so that layers from there on only learn what to change
    /// (0 for the network's input); nil for none.
    package let shortcut: Int?
    /// Where each layer's parameters start.
    package let offsets: [Int]
    /// Parameters of all layers.
    package let parameterCount: Int

    /// A network.
    ///
    /// - Parameters:
    ///   - layers: first to last.
    ///   - shortcut: the layer whose input is added to the output; nil for none.
    /// - Precondition: every layer takes as many numbers as the one before it gives.
    package init(_ layers: [Layer], shortcut: Int? = nil) {
        precondition(!layers.isEmpty)
        precondition(zip(layers, layers.dropFirst()).allSatisfy { $0.outputCount == $1.inputCount })
        self.layers = layers
        self.shortcut = shortcut
        var offsets: [Int] = []
        var count = 0
        for layer in layers {
            offsets.append(count)
            count += layer.parameterCount
        }
        self.offsets = offsets
        parameterCount = count
        precondition(shortcut.map { layers[$0].inputCount == outputCount } ?? true)
    }

    /// Numbers that the network takes.
    package var inputCount: Int { layers.first?.inputCount ?? 0 }
    /// Numbers that it gives.
    package var outputCount: Int { layers.last?.outputCount ?? 0 }

    /// Random weights to start from (He and others 2015, uniform), biases of zero.
    ///
    /// With a shortcut the last layer starts at zero: the network then starts as the layers before the shortcut alone.
    ///
    /// - Parameter random: where the weights come from.
    /// - Returns: `parameterCount` numbers.
    package func initialParameters(_ random: inout SeededRandom) -> [Float] {
        var parameters: [Float] = []
        parameters.reserveCapacity(parameterCount)
        let lastWithWeights = layers.lastIndex { $0.parameterCount > 0 }
        for (index, layer) in layers.enumerated() {
            let limit: Float =
                shortcut != nil && index == lastWithWeights ? 0 : (6 / Float(layer.fanIn)).squareRoot()
            for _ in 0..<layer.parameterCount - layer.biasCount {
                parameters.append((random.uniform() * 2 - 1) * limit)
            }
            parameters += repeatElement(0, count: layer.biasCount)
        }
        return parameters
    }

    /// What the network makes of inputs.
    ///
    /// - Parameters:
    ///   - inputs: row-major, `inputCount` numbers each.
    ///   - parameters: `parameterCount` numbers.
    /// - Returns: `outputCount` numbers for each input.
    /// - Precondition: the counts are as said.
    package func outputs(of inputs: [Float], parameters: [Float]) -> [Float] {
        precondition(inputs.count % inputCount == 0 && parameters.count == parameterCount)
        let (total, largest) = (inputs.count / inputCount, 64)
        let workspace = Workspace(self, capacity: min(max(total, 1), largest))
        var outputs = [Float](repeating: 0, count: total * outputCount)
        parameters.withUnsafeBufferPointer { parameters in
            inputs.withUnsafeBufferPointer { inputs in
                outputs.withUnsafeMutableBufferPointer { outputs in
                    guard let weights = parameters.baseAddress, let source = inputs.baseAddress,
                        let target = outputs.baseAddress
                    else { return }
                    for start in stride(from: 0, to: total, by: largest) {
                        let count = min(largest, total - start)
                        workspace.input.update(from: source + start * inputCount, count: count * inputCount)
                        workspace.forward(weights, count: count)
                        (target + start * outputCount)
                            .update(from: workspace.output, count: count * outputCount)
                    }
                }
            }
        }
        return outputs
    }
}
