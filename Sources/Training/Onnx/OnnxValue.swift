/// The name and shape of a graph's input or output (ValueInfoProto), a float32 tensor.
package struct OnnxValue: Hashable, Sendable {
    package var name: String
    /// Its dimensions; nil where the model leaves one free.
    package let shape: [Int?]

    /// A float32 tensor whose first dimension is free.
    init(_ name: String, batchOf shape: [Int]) {
        self.name = name
        self.shape = [nil] + shape
    }

    init(_ message: ProtobufMessage) throws(TrainingError) {
        name = message.text(1)
        guard let tensor = try message.messages(2).first?.messages(1).first, tensor.number(1) == 1,
            let dimensions = try tensor.messages(2).first?.messages(1)
        else { throw .wrongModel(reason: "'\(message.text(1))' is not a float32 tensor with a shape") }
        shape = dimensions.map { $0.number(1).flatMap { $0 > 0 ? $0 : nil } }
    }

    var message: ProtobufMessage {
        var shape = ProtobufMessage()
        for (place, size) in self.shape.enumerated() {
            var dimension = ProtobufMessage()
            if let size {
                dimension.append(1, size)
            } else {
                dimension.append(2, place == 0 ? "n" : "d\(place)")
            }
            shape.append(1, dimension)
        }
        var tensor = ProtobufMessage()
        tensor.append(1, 1)
        tensor.append(2, shape)
        var type = ProtobufMessage()
        type.append(1, tensor)
        var message = ProtobufMessage()
        message.append(1, name)
        message.append(2, type)
        return message
    }
}
