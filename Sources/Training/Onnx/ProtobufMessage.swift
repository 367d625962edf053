/// A protocol buffers message as its fields, in order, of which nothing is lost when it is written again.
///
/// The wire format (protobuf.dev/programming-guides/encoding) is all that ONNX files need.
struct ProtobufMessage: Hashable, Sendable {
    /// A field's value as it is on the wire.
    enum Value: Hashable, Sendable {
        case number(UInt64)
        case bytes([UInt8])
        case fixed64([UInt8])
        case fixed32([UInt8])
    }

    struct Field: Hashable, Sendable {
        let number: Int
        var value: Value
    }

    private(set) var fields: [Field] = []

    /// A message without fields.
    init() {}

    /// Reads a message.
    ///
    /// - Throws: `wrongModel` when the bytes are none.
    init(_ bytes: [UInt8]) throws(TrainingError) {
        var reader = ProtobufReader(bytes: bytes)
        while let field = try reader.next() { fields.append(field) }
    }

    /// The bytes of the message.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            switch field.value {
            case .number(let number):
                Self.append(UInt64(field.number << 3), to: &bytes)
                Self.append(number, to: &bytes)
            case .bytes(let content):
                Self.append(UInt64(field.number << 3 | 2), to: &bytes)
                Self.append(UInt64(content.count), to: &bytes)
                bytes += content
            case .fixed64(let content):
                Self.append(UInt64(field.number << 3 | 1), to: &bytes)
                bytes += content
            case .fixed32(let content):
                Self.append(UInt64(field.number << 3 | 5), to: &bytes)
                bytes += content
            }
        }
        return bytes
    }

    mutating func append(_ number: Int, _ value: Int) {
        fields.append(Field(number: number, value: .number(UInt64(bitPattern: Int64(value)))))
    }

    mutating func append(_ number: Int, _ text: String) {
        fields.append(Field(number: number, value: .bytes(Array(text.utf8))))
    }

    mutating func append(_ number: Int, _ bytes: [UInt8]) {
        fields.append(Field(number: number, value: .bytes(bytes)))
    }

    mutating func append(_ number: Int, _ message: ProtobufMessage) { append(number, message.encoded) }

    /// The last number of a field; nil when there is none.
    func number(_ field: Int) -> Int? {
        fields.last { $0.number == field }.flatMap {
            if case .number(let number) = $0.value { Int(truncatingIfNeeded: number) } else { nil }
        }
    }

    /// The last float32 of a field; nil when there is none.
    func float(_ field: Int) -> Float? {
        fields.last { $0.number == field }.flatMap {
            if case .fixed32(let bytes) = $0.value { Float(littleEndian: bytes[...]) } else { nil }
        }
    }

    /// Every float32 of a repeated field, packed or not.
    func floats(_ field: Int) -> [Float] {
        var floats: [Float] = []
        for entry in fields where entry.number == field {
            switch entry.value {
            case .fixed32(let bytes), .bytes(let bytes):
                for start in stride(from: 0, to: bytes.count - 3, by: 4) {
                    floats.append(Float(littleEndian: bytes[start..<start + 4]))
                }
            case .number, .fixed64: continue
            }
        }
        return floats
    }

    /// The last bytes of a field; nil when there are none.
    func bytes(_ field: Int) -> [UInt8]? { allBytes(field).last }

    /// The last text of a field; empty when there is none.
    func text(_ field: Int) -> String { String(decoding: allBytes(field).last ?? [], as: UTF8.self) }

    /// Every text of a field.
    func texts(_ field: Int) -> [String] { allBytes(field).map { String(decoding: $0, as: UTF8.self) } }

    /// Every message of a field.
    func messages(_ field: Int) throws(TrainingError) -> [ProtobufMessage] {
        var messages: [ProtobufMessage] = []
        for bytes in allBytes(field) { messages.append(try ProtobufMessage(bytes)) }
        return messages
    }

    /// Every number of a repeated field, packed or not.
    func numbers(_ field: Int) throws(TrainingError) -> [Int] {
        var numbers: [Int] = []
        for entry in fields where entry.number == field {
            switch entry.value {
            case .number(let number): numbers.append(Int(truncatingIfNeeded: number))
            case .bytes(let bytes):
                var reader = ProtobufReader(bytes: bytes)
                while !reader.isAtEnd { numbers.append(Int(truncatingIfNeeded: try reader.number())) }
            case .fixed32, .fixed64: throw .wrongModel(reason: "field \(field) is not a list of integers")
            }
        }
        return numbers
    }

    /// Whether the field is there.
    func has(_ field: Int) -> Bool { fields.contains { $0.number == field } }

    /// The message without a field.
    func without(_ field: Int) -> ProtobufMessage {
        var message = self
        message.fields.removeAll { $0.number == field }
        return message
    }

    private func allBytes(_ field: Int) -> [[UInt8]] {
        fields.compactMap {
            if $0.number == field, case .bytes(let bytes) = $0.value { bytes } else { nil }
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension Float {
    /// The number that four bytes hold, the lowest first.
    init(littleEndian bytes: ArraySlice<UInt8>) {
        self.init(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
}
