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

    /// Its dimensions.
    var shape: [Int] { get throws(TrainingError) { try content.numbers(1) } }

    /// Its numbers, where they are float32.
    ///
    /// - Returns: row-major.
    /// - Throws: `wrongModel` for another type, or another count than the shape says.
    func floats() throws(TrainingError) -> [Float] {
        guard content.number(2) == 1 else {
            throw .wrongModel(reason: "its tensor '\(name)' is not float32")
        }
        let raw = content.bytes(9)
        let numbers =
            raw.map { bytes in
                stride(from: 0, to: bytes.count - 3, by: 4).map { Float(littleEndian: bytes[$0..<$0 + 4]) }
            } ?? content.floats(4)
        guard numbers.count == (try shape).reduce(1, *) else {
            throw .wrongModel(reason: "its tensor '\(name)' has another count of numbers than its shape says")
        }
        return numbers
    }

    /// Its numbers, where they are integers of 64 bits.
    func integers() throws(TrainingError) -> [Int] {
        guard content.number(2) == 7 else {
            throw .wrongModel(reason: "its tensor '\(name)' is not int64")
        }
        guard let raw = content.bytes(9) else { return try content.numbers(7) }
        return stride(from: 0, to: raw.count - 7, by: 8).map { start in
            Int(
                truncatingIfNeeded: raw[start..<start + 8].reversed().reduce(UInt64(0)) {
                    $0 << 8 | UInt64($1)
                }
            )
        }
    }

    var message: ProtobufMessage {
        var message = content
        message.append(8, name)
        return message
    }
}
