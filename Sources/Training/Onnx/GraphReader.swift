/// Turns an ONNX graph without branches into layers, node after node.
struct GraphReader {
    /// The layers so far.
    private(set) var layers: [Layer] = []
    /// Their numbers.
    private(set) var parameters: [Float] = []
    /// The tensor at which they end.
    private(set) var tensor: String
    /// Its dimensions without the batch: planes, rows, columns, or one count.
    private(set) var shape: [Int]
    private var constants: [String: OnnxTensor]
    private var isAtProbabilities = false

    init(_ model: OnnxModel, shape: [Int]) {
        tensor = model.input.name
        self.shape = shape
        constants = Dictionary(model.tensors.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// Takes a node up.
    ///
    /// - Throws: `wrongModel` when it is no layer, or does not follow the last one.
    mutating func read(_ node: OnnxNode) throws(TrainingError) {
        if node.operation == "Constant" {
            if let name = node.outputs.first { constants[name] = try node.tensor("value") }
            return
        }
        let variable = node.inputs.filter { !$0.isEmpty && constants[$0] == nil }
        guard variable == [tensor], let output = node.outputs.first else {
            throw unfit(node, "does not follow the one before it: graphs that branch are not supported")
        }
        guard !isAtProbabilities else { throw unfit(node, "comes after the softmax") }
        switch node.operation {
        case "Identity", "Dropout": break
        case "Relu": add(.rectifier(count: count))
        case "Conv": try addConvolution(node)
        case "MaxPool", "AveragePool", "GlobalAveragePool": try addPooling(node)
        case "Gemm", "MatMul": try addDense(node)
        case "Add", "Sub", "Mul", "Div": try addArithmetic(node)
        case "BatchNormalization": try addNormalization(node)
        case "Pad":
            let pads = try node.inputs.count > 1 ? constant(node, 1).integers() : node.integers("pads") ?? []
            guard pads.allSatisfy({ $0 == 0 }) else { throw unfit(node, "pads on its own") }
        case "Flatten":
            guard node.integer("axis") ?? 1 == 1 else { throw unfit(node, "joins other dimensions") }
            shape = [count]
        case "Reshape":
            guard try constant(node, 1).integers().count == 2 else { throw unfit(node, "does not flatten") }
            shape = [count]
        case "Softmax":
            guard shape.count == 1 else { throw unfit(node, "is not over classes") }
            isAtProbabilities = true
        default: throw unfit(node, "is not supported")
        }
        tensor = output
    }

    private var count: Int { shape.reduce(1, *) }

    private mutating func add(_ layer: Layer, _ numbers: [Float] = []) {
        layers.append(layer)
        parameters += numbers
    }

    private mutating func addConvolution(_ node: OnnxNode) throws(TrainingError) {
        let weights = try constant(node, 1)
        let sizes = try weights.shape
        guard shape.count == 3, sizes.count == 4, sizes[1] == shape[0], node.integer("group") ?? 1 == 1,
            try (node.integers("dilations") ?? []).allSatisfy({ $0 == 1 })
        else { throw unfit(node, "has groups, dilations or other dimensions than two") }
        let (rows, columns) = try windows(node, kernel: [sizes[2], sizes[3]])
        let convolution = Convolution(
            rows: rows,
            columns: columns,
            inputPlanes: sizes[1],
            outputPlanes: sizes[0]
        )
        let biases =
            node.inputs.count > 2
            ? try numbers(node, 2, count: sizes[0]) : [Float](repeating: 0, count: sizes[0])
        add(.convolution(convolution), try weights.floats() + biases)
        shape = [sizes[0], rows.outputs, columns.outputs]
    }

    private mutating func addPooling(_ node: OnnxNode) throws(TrainingError) {
        guard shape.count == 3 else { throw unfit(node, "has other dimensions than two") }
        let isGlobal = node.operation == "GlobalAveragePool"
        let kernel = isGlobal ? [shape[1], shape[2]] : try node.integers("kernel_shape") ?? []
        guard kernel.count == 2, try (node.integers("dilations") ?? []).allSatisfy({ $0 == 1 }) else {
            throw unfit(node, "has dilations or other dimensions than two")
        }
        let (rows, columns) = try windows(node, kernel: kernel)
        let isPadded = [rows, columns].contains { $0.before > 0 || $0.after > 0 }
        let isMean = node.operation != "MaxPool"
        guard !isMean || !isPadded || node.integer("count_include_pad") == 1 else {
            throw unfit(node, "takes the mean of windows that are partly padding")
        }
        add(.pooling(Pooling(isMean ? .mean : .largest, rows: rows, columns: columns, planes: shape[0])))
        shape = [shape[0], rows.outputs, columns.outputs]
    }

    private mutating func addDense(_ node: OnnxNode) throws(TrainingError) {
        let weights = try constant(node, 1)
        let sizes = try weights.shape
        let isTransposed = node.integer("transB") == 1
        guard shape.count == 1, sizes.count == 2, sizes[isTransposed ? 1 : 0] == count,
            node.integer("transA") ?? 0 == 0, node.float("alpha") ?? 1 == 1, node.float("beta") ?? 1 == 1
        else { throw unfit(node, "is not a plain dense layer") }
        let outputs = sizes[isTransposed ? 0 : 1]
        let stored = try weights.floats()
        var numbers = stored
        if !isTransposed {
            for output in 0..<outputs {
                for input in 0..<count { numbers[output * count + input] = stored[input * outputs + output] }
            }
        }
        let biases =
            node.inputs.count > 2
            ? try self.numbers(node, 2, count: outputs) : [Float](repeating: 0, count: outputs)
        add(.dense(inputs: count, outputs: outputs), numbers + biases)
        shape = [outputs]
    }

    private mutating func addArithmetic(_ node: OnnxNode) throws(TrainingError) {
        guard let place = node.inputs.firstIndex(where: { $0 != tensor }) else {
            throw unfit(node, "works on one tensor twice")
        }
        let isFirst = place == 0
        guard !isFirst || node.operation != "Div" else { throw unfit(node, "divides by the input") }
        let operands = try numbers(node, place, count: shape[0])
        var (factors, offsets) = (
            [Float](repeating: 1, count: shape[0]), [Float](repeating: 0, count: shape[0])
        )
        switch node.operation {
        case "Add": offsets = operands
        case "Sub" where isFirst: (factors, offsets) = (factors.map { -$0 }, operands)
        case "Sub": offsets = operands.map { -$0 }
        case "Mul": factors = operands
        default: factors = operands.map { 1 / $0 }
        }
        add(.affine(planes: shape[0], places: count / shape[0]), factors + offsets)
    }

    private mutating func addNormalization(_ node: OnnxNode) throws(TrainingError) {
        let planes = shape[0]
        guard node.inputs.count == 5, node.integer("training_mode") ?? 0 == 0 else {
            throw unfit(node, "learns while it answers")
        }
        let (scales, shifts) = (
            try numbers(node, 1, count: planes), try numbers(node, 2, count: planes)
        )
        let (means, variances) = (try numbers(node, 3, count: planes), try numbers(node, 4, count: planes))
        let epsilon = node.float("epsilon") ?? 1e-5
        let factors = (0..<planes).map { scales[$0] / (variances[$0] + epsilon).squareRoot() }
        let offsets = (0..<planes).map { shifts[$0] - means[$0] * factors[$0] }
        add(.affine(planes: planes, places: count / planes), factors + offsets)
    }

    private func constant(_ node: OnnxNode, _ place: Int) throws(TrainingError) -> OnnxTensor {
        guard place < node.inputs.count, let found = constants[node.inputs[place]] else {
            throw unfit(node, "has weights that are not stored")
        }
        return found
    }

    /// One number a plane, of which one may be given for all.
    private func numbers(_ node: OnnxNode, _ place: Int, count: Int) throws(TrainingError) -> [Float] {
        let tensor = try constant(node, place)
        let numbers = try tensor.floats()
        if numbers.count == 1 { return [Float](repeating: numbers[0], count: count) }
        // Dimensions count from the last: [planes, 1, 1] goes along planes, [planes] alone would go along columns.
        let sizes = try tensor.shape.drop { $0 == 1 }
        let isAlongPlanes = shape.count == 1 || sizes.count == 3 || isVector(node, place)
        guard numbers.count == count, isAlongPlanes, sizes.dropFirst().allSatisfy({ $0 == 1 }) else {
            throw unfit(node, "has other than one number a plane")
        }
        return numbers
    }

    /// Whether the operator takes a list here, whatever the shape of its input.
    private func isVector(_ node: OnnxNode, _ place: Int) -> Bool {
        ["Conv", "Gemm", "BatchNormalization"].contains(node.operation)
    }

    func unfit(_ node: OnnxNode, _ what: String) -> TrainingError {
        .wrongModel(reason: "its slopes are not known: node '\(node.name)' (\(node.operation)) \(what)")
    }
}
