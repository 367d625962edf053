/// Stored numbers of an ONNX graph (TensorProto).
struct OnnxTensor: Hashable, Sendable {
    let name: String
    /// All but the name.
    private let content: ProtobufMessage

    /// A float32 tensor, stored as little-endian bytes.
    init(_ name: String, shape: [Int], _ numbers: some Sequence<Float>) {
        var content = ProtobufMessage()
        for dimension in shape { content.append(1, dimension) }
        content.append(2, 1)
        var bytes: [UInt8] = []
        for number in numbers { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 } }
        content.append(9, bytes)
        self.name = name
        self.content = content
    }

    init(_ message: ProtobufMessage) throws(TrainingError) {
        name = message.text(8)
        content = message.without(8)
        guard message.number(14) ?? 0 == 0 else {
            throw .wrongModel(reason: "its tensor '\(name)' is stored in another file")
        }
    }

    /// The same numbers under another name.
    init(_ name: String, like other: OnnxTensor) {
        self.name = name
        content = other.content
    }

    var message: ProtobufMessage {
        var message = content
        message.append(8, name)
        return message
    }
}
