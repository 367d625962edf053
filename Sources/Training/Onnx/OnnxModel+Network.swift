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
            nodes += Self.nodes(of: layer, name, input: last)
            last = name
        }
        if let shortcut = network.shortcut {
            let added = shortcut == 0 ? input.name : "layer\(shortcut - 1)"
            nodes.append(OnnxNode("Add", "sum", inputs: [added, last], output: "sum"))
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
        if case .affine(let planes, let places) = layer {
            let shape = places == 1 ? [planes] : [planes, 1, 1]
            return [
                OnnxTensor("\(name).weight", shape: shape, numbers.prefix(planes)),
                OnnxTensor("\(name).bias", shape: shape, numbers.suffix(planes)),
            ]
        }
        guard let shape = layer.weightShape else { return [] }
        let biases = numbers.suffix(layer.biasCount)
        return [
            OnnxTensor("\(name).weight", shape: shape, numbers.dropLast(layer.biasCount)),
            OnnxTensor("\(name).bias", shape: [layer.biasCount], biases),
        ]
    }

    private static func nodes(of layer: Layer, _ name: String, input: String) -> [OnnxNode] {
        let parameters = [input, "\(name).weight", "\(name).bias"]
        switch layer {
        case .dense:
            let transposed = OnnxNode.attribute("transB", 1)
            return [OnnxNode("Gemm", name, inputs: parameters, output: name, attributes: [transposed])]
        case .rectifier: return [OnnxNode("Relu", name, inputs: [input], output: name)]
        case .convolution(let convolution):
            let windows = windows(convolution.rows, convolution.columns)
            return [OnnxNode("Conv", name, inputs: parameters, output: name, attributes: windows)]
        case .affine:
            let scaled = "\(name).scaled"
            return [
                OnnxNode("Mul", scaled, inputs: [input, parameters[1]], output: scaled),
                OnnxNode("Add", name, inputs: [scaled, parameters[2]], output: name),
            ]
        case .pooling(let pooling):
            var attributes = windows(pooling.rows, pooling.columns)
            guard pooling.kind == .mean else {
                return [OnnxNode("MaxPool", name, inputs: [input], output: name, attributes: attributes)]
            }
            attributes.append(OnnxNode.attribute("count_include_pad", 1))
            return [OnnxNode("AveragePool", name, inputs: [input], output: name, attributes: attributes)]
        case .depthToSpace:
            let attributes = [OnnxNode.attribute("blocksize", 2), OnnxNode.attribute("mode", "CRD")]
            return [OnnxNode("DepthToSpace", name, inputs: [input], output: name, attributes: attributes)]
        }
    }

    private static func windows(_ rows: WindowAxis, _ columns: WindowAxis) -> [ProtobufMessage] {
        [
            OnnxNode.attribute("kernel_shape", [rows.window, columns.window]),
            OnnxNode.attribute("pads", [rows.before, columns.before, rows.after, columns.after]),
            OnnxNode.attribute("strides", [rows.stride, columns.stride]),
        ]
    }
}

extension Layer {
    /// The shape of the weights; nil for a layer without any.
    fileprivate var weightShape: [Int]? {
        switch self {
        case .dense(let inputs, let outputs): [outputs, inputs]
        case .convolution(let convolution):
            [
                convolution.outputPlanes, convolution.inputPlanes, convolution.rows.window,
                convolution.columns.window,
            ]
        case .rectifier, .depthToSpace, .affine, .pooling: nil
        }
    }
}
