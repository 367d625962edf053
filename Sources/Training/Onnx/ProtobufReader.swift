/// Takes the bytes of a message apart.
struct ProtobufReader {
    let bytes: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place >= bytes.count }

    mutating func next() throws(TrainingError) -> ProtobufMessage.Field? {
        guard !isAtEnd else { return nil }
        let key = try number()
        guard let field = Int(exactly: key >> 3), field > 0, field < 1 << 29 else { throw damaged() }
        switch key & 7 {
        case 0: return .init(number: field, value: .number(try number()))
        case 1: return .init(number: field, value: .fixed64(try take(8)))
        case 2: return .init(number: field, value: .bytes(try take(try number())))
        case 5: return .init(number: field, value: .fixed32(try take(4)))
        default: throw damaged()
        }
    }

    mutating func number() throws(TrainingError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard !isAtEnd else { throw damaged() }
            let byte = bytes[place]
            place += 1
            result |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return result }
        }
        throw damaged()
    }

    private mutating func take(_ count: UInt64) throws(TrainingError) -> [UInt8] {
        guard count <= UInt64(bytes.count - place) else { throw damaged() }
        defer { place += Int(count) }
        return Array(bytes[place..<place + Int(count)])
    }

    private func damaged() -> TrainingError {
        .wrongModel(reason: "it is not an ONNX file, or cut short (at byte \(place))")
    }
}
