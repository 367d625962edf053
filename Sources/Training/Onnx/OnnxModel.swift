/// An ONNX model with one input and one output (ModelProto, onnx.proto of IR version 8).
package struct OnnxModel: Hashable, Sendable {
    /// What goes in.
    package internal(set) var input: OnnxValue
    /// What comes out.
    package internal(set) var output: OnnxValue
    var nodes: [OnnxNode]
    var tensors: [OnnxTensor]
    /// The version of each operator set, by domain.
    var operatorSets: [String: Int]
    var formatVersion: Int
    /// What is said about the model, such as its classes.
    package var properties: [(key: String, value: String)] {
        get { metadata.map { ($0.key, $0.value) } }
        set { metadata = newValue.map { Property(key: $0.key, value: $0.value) } }
    }
    private var metadata: [Property] = []

    private struct Property: Hashable, Sendable {
        let key: String
        let value: String
    }

    /// The operator set that written models use.
    static let operatorSet = 13
    /// The format (IR version) that belongs to it, which every runtime of the last years reads.
    static let format = 7

    init(input: OnnxValue, output: OnnxValue, nodes: [OnnxNode], tensors: [OnnxTensor]) {
        self.input = input
        self.output = output
        self.nodes = nodes
        self.tensors = tensors
        operatorSets = ["": Self.operatorSet]
        formatVersion = Self.format
    }

    /// Reads a model.
    ///
    /// - Parameter bytes: an `.onnx` file.
    /// - Throws: `wrongModel` when it is none, or has another form than one float32 tensor in and one out.
    package init(_ bytes: [UInt8]) throws(TrainingError) {
        let model = try ProtobufMessage(bytes)
        guard let graph = try model.messages(7).first, let format = model.number(1) else {
            throw .wrongModel(reason: "it is not an ONNX file")
        }
        guard !graph.has(15), !model.has(25) else {
            throw .wrongModel(reason: "it has sparse tensors or functions, which are not supported")
        }
        formatVersion = format
        operatorSets = [:]
        for entry in try model.messages(8) { operatorSets[entry.text(1)] = entry.number(2) ?? 0 }
        nodes = []
        for message in try graph.messages(1) { nodes.append(try OnnxNode(message)) }
        tensors = []
        for message in try graph.messages(5) { tensors.append(try OnnxTensor(message)) }
        // Old exporters list stored tensors among the inputs.
        let stored = Set(tensors.map(\.name))
        let inputs = try graph.messages(11).filter { !stored.contains($0.text(1)) }
        let outputs = try graph.messages(12)
        guard inputs.count == 1, outputs.count == 1, let first = inputs.first, let last = outputs.first else {
            throw .wrongModel(
                reason: "it has \(inputs.count) inputs and \(outputs.count) outputs, not one each"
            )
        }
        input = try OnnxValue(first)
        output = try OnnxValue(last)
        for entry in try model.messages(14) {
            metadata.append(Property(key: entry.text(1), value: entry.text(2)))
        }
    }

    /// The bytes of the model's file.
    package var encoded: [UInt8] {
        var graph = ProtobufMessage()
        for node in nodes { graph.append(1, node.message) }
        graph.append(2, "riskd")
        for tensor in tensors { graph.append(5, tensor.message) }
        graph.append(11, input.message)
        graph.append(12, output.message)
        var model = ProtobufMessage()
        model.append(1, formatVersion)
        model.append(2, "riskd")
        model.append(7, graph)
        for (domain, version) in operatorSets.sorted(by: { $0.key < $1.key }) {
            var entry = ProtobufMessage()
            if !domain.isEmpty { entry.append(1, domain) }
            entry.append(2, version)
            model.append(8, entry)
        }
        for property in metadata {
            var entry = ProtobufMessage()
            entry.append(1, property.key)
            entry.append(2, property.value)
            model.append(14, entry)
        }
        return model.encoded
    }
}
