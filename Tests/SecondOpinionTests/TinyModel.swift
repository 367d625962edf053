/// Writes ONNX files of one node, byte by byte (protobuf), for models that no fixture has.
struct TinyModel {
    /// A value: its name, ONNX element type (1 float32, 7 int64, 11 float64) and dimensions, 0 for a free one.
    typealias Value = (name: String, element: UInt8, dimensions: [UInt8])

    var operation: String
    var inputs: [Value]
    var outputs: [Value]

    var bytes: [UInt8] {
        var node: [UInt8] = []
        for input in inputs { node += field(1, input.name) }
        for output in outputs { node += field(2, output.name) }
        node += field(4, operation)
        var graph = field(1, node) + field(2, "tiny")
        for input in inputs { graph += field(11, value(input)) }
        for output in outputs { graph += field(12, value(output)) }
        return number(1, 7) + field(7, graph) + field(8, number(2, 13))
    }

    private func value(_ value: Value) -> [UInt8] {
        var shape: [UInt8] = []
        for dimension in value.dimensions {
            shape += field(1, dimension == 0 ? field(2, "free") : number(1, dimension))
        }
        let tensor = number(1, value.element) + field(2, shape)
        return field(1, value.name) + field(2, field(1, tensor))
    }

    private func field(_ id: UInt8, _ text: String) -> [UInt8] { field(id, Array(text.utf8)) }

    private func field(_ id: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [id << 3 | 2, UInt8(bytes.count & 0x7F) | 0x80, UInt8(bytes.count >> 7)] + bytes
    }

    private func number(_ id: UInt8, _ number: UInt8) -> [UInt8] { [id << 3, number] }
}
