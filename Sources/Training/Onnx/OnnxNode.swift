/// An operator in an ONNX graph (NodeProto).
struct OnnxNode: Hashable, Sendable {
    var operation: String
    var name: String
    var inputs: [String]
    var outputs: [String]
    var attributes: [ProtobufMessage] = []
    var domain = ""

    init(
        _ operation: String,
        _ name: String,
        inputs: [String],
        output: String,
        attributes: [ProtobufMessage] = []
    ) {
        self.operation = operation
        self.name = name
        self.inputs = inputs
        outputs = [output]
        self.attributes = attributes
    }

    init(_ message: ProtobufMessage) throws(TrainingError) {
        inputs = message.texts(1)
        outputs = message.texts(2)
        name = message.text(3)
        operation = message.text(4)
        attributes = try message.messages(5)
        domain = message.text(7)
        // A graph inside a node refers to names outside of it, which would have to be renamed as well.
        guard !attributes.contains(where: { $0.has(6) || $0.has(11) }) else {
            throw .wrongModel(reason: "its node '\(name)' (\(operation)) holds a graph of its own")
        }
    }

    var message: ProtobufMessage {
        var message = ProtobufMessage()
        for input in inputs { message.append(1, input) }
        for output in outputs { message.append(2, output) }
        message.append(3, name)
        message.append(4, operation)
        for attribute in attributes { message.append(5, attribute) }
        if !domain.isEmpty { message.append(7, domain) }
        return message
    }

    /// An attribute that is an integer (AttributeProto of type INT).
    static func attribute(_ name: String, _ value: Int) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, name)
        message.append(3, value)
        message.append(20, 2)
        return message
    }

    /// An attribute that is a list of integers (AttributeProto of type INTS).
    static func attribute(_ name: String, _ values: [Int]) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, name)
        for value in values { message.append(8, value) }
        message.append(20, 7)
        return message
    }

    /// An attribute that is a text (AttributeProto of type STRING).
    static func attribute(_ name: String, _ value: String) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, name)
        message.append(4, value)
        message.append(20, 3)
        return message
    }
}

extension OnnxNode {
    /// An attribute that is an integer; nil when the node lacks it.
    func integer(_ name: String) -> Int? { attribute(name)?.number(3) }

    /// An attribute that is a list of integers; nil when the node lacks it.
    func integers(_ name: String) throws(TrainingError) -> [Int]? { try attribute(name)?.numbers(8) }

    /// An attribute that is a number; nil when the node lacks it.
    func float(_ name: String) -> Float? { attribute(name)?.float(2) }

    /// An attribute that is a text; nil when the node lacks it.
    func text(_ name: String) -> String? { attribute(name)?.text(4) }

    /// An attribute that is a tensor; nil when the node lacks it.
    func tensor(_ name: String) throws(TrainingError) -> OnnxTensor? {
        guard let message = try attribute(name)?.messages(5).first else { return nil }
        return try OnnxTensor(message)
    }

    private func attribute(_ name: String) -> ProtobufMessage? {
        attributes.first { $0.text(1) == name }
    }
}
