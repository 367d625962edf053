internal import Glibc

/// A classifier whose slopes can be computed: a network that gives logits, with its numbers.
///
/// It is read from an ONNX graph without branches, made of what image classifiers are mostly made of.
package struct ClassifierNetwork: Hashable, Sendable {
    /// The layers up to the logits.
    package let network: Network
    /// Their numbers.
    package let parameters: [Float]

    /// A classifier from its parts.
    ///
    /// - Precondition: the network has as many parameters.
    package init(_ network: Network, parameters: [Float]) {
        precondition(network.parameterCount == parameters.count)
        self.network = network
        self.parameters = parameters
    }

    /// Reads the graph of a model that takes images or features.
    ///
    /// - Parameters:
    ///   - model: with operators among Add, AveragePool, BatchNormalization, Clip-free Conv, Div, Dropout, Flatten, Gemm,
    ///     GlobalAveragePool, Identity, MatMul, MaxPool, Mul, Pad (by nothing), Relu, Reshape, Softmax (last), Sub.
    ///   - inputShape: of one input, without the batch.
    /// - Throws: `wrongModel` that names the node that is in the way.
    package init(_ model: OnnxModel, inputShape: [Int]) throws(TrainingError) {
        var reader = GraphReader(model, shape: inputShape)
        for node in model.nodes { try reader.read(node) }
        guard reader.tensor == model.output.name else {
            throw .wrongModel(reason: "its output '\(model.output.name)' is not where its layers end")
        }
        guard reader.shape.count == 1, !reader.layers.isEmpty else {
            throw .wrongModel(reason: "its output is not one number a class")
        }
        self.init(Network(reader.layers), parameters: reader.parameters)
    }

    /// The probabilities of each class, for inputs row after row.
    ///
    /// - Parameter inputs: as many numbers each as the network takes.
    /// - Returns: one list an input.
    package func probabilities(of inputs: [Float]) -> [[Float]] {
        let count = network.outputCount
        let logits = network.outputs(of: inputs, parameters: parameters)
        return stride(from: 0, to: logits.count, by: count).map { softmax(logits[$0..<$0 + count]) }
    }
}

/// Numbers of which each is above 0 and all sum to 1, in proportion to the exponentials of the given ones.
private func softmax(_ logits: ArraySlice<Float>) -> [Float] {
    let largest = logits.max() ?? 0
    let powers = logits.map { exp(Double($0 - largest)) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
}
