extension OnnxModel {
    /// A network as a model, batch size free.
    ///
    /// - Parameters:
    ///   - network: the layers.
    ///   - parameters: its numbers.
    ///   - input: the input's name and, without the batch, its shape.
    ///   - output: the output's name and, without the batch, its shape.
    ///   - endsInSoftmax: whether probabilities are wanted of the outputs.
    /// - Precondition: the shapes hold as many numbers as the network takes and gives.
    package init(
        _ network: Network,
        parameters: [Float],
        input: (name: String, shape: [Int]),
        output: (name: String, shape: [Int]),
        endsInSoftmax: Bool = false
    ) {
        precondition(input.shape.reduce(1, *) == network.inputCount)
        precondition(output.shape.reduce(1, *) == network.outputCount)
        var nodes: [OnnxNode] = []
        var tensors: [OnnxTensor] = []
        var last = input.name
        for (index, layer) in network.layers.enumerated() {
            let name = "layer\(index)"
            let numbers = parameters[network.offsets[index]...].prefix(layer.parameterCount)
            tensors += Self.tensors(of: layer, numbers, name)
            nodes.append(Self.node(of: layer, name, input: last))
            last = name
        }
        if network.addsInput {
            nodes.append(OnnxNode("Add", "sum", inputs: [input.name, last], output: "sum"))
        }
        if endsInSoftmax {
            let values = nodes.last?.outputs ?? []
            let axis = OnnxNode.attribute("axis", 1)
            nodes.append(
                OnnxNode("Softmax", "softmax", inputs: values, output: "softmax", attributes: [axis])
            )
        }
        nodes[nodes.count - 1].outputs = [output.name]
        self.init(
            input: OnnxValue(input.name, batchOf: input.shape),
            output: OnnxValue(output.name, batchOf: output.shape),
            nodes: nodes,
            tensors: tensors
        )
    }

    private static func tensors(
        of layer: Layer,
        _ numbers: ArraySlice<Float>,
        _ name: String
    ) -> [OnnxTensor] {
        guard let shape = layer.weightShape else { return [] }
        let biases = numbers.suffix(layer.biasCount)
        return [
            OnnxTensor("\(name).weight", shape: shape, numbers.dropLast(layer.biasCount)),
            OnnxTensor("\(name).bias", shape: [layer.biasCount], biases),
        ]
    }

    private static func node(of layer: Layer, _ name: String, input: String) -> OnnxNode {
        let parameters = [input, "\(name).weight", "\(name).bias"]
        return switch layer {
        case .dense:
            OnnxNode(
                "Gemm",
                name,
                inputs: parameters,
                output: name,
                attributes: [OnnxNode.attribute("transB", 1)]
            )
        case .rectifier: OnnxNode("Relu", name, inputs: [input], output: name)
        case .convolution(let convolution):
            OnnxNode(
                "Conv",
                name,
                inputs: parameters,
                output: name,
                attributes: [
                    OnnxNode.attribute("kernel_shape", [3, 3]),
                    OnnxNode.attribute("pads", [1, 1, 1, 1]),
                    OnnxNode.attribute("strides", [convolution.stride, convolution.stride]),
                ]
            )
        case .depthToSpace:
            OnnxNode(
                "DepthToSpace",
                name,
                inputs: [input],
                output: name,
                attributes: [OnnxNode.attribute("blocksize", 2), OnnxNode.attribute("mode", "CRD")]
            )
        }
    }
}

extension Layer {
    /// The shape of the weights; nil for a layer without any.
    fileprivate var weightShape: [Int]? {
        switch self {
        case .dense(let inputs, let outputs): [outputs, inputs]
        case .convolution(let convolution): [convolution.outputPlanes, convolution.inputPlanes, 3, 3]
        case .rectifier, .depthToSpace: nil
        }
    }
}
