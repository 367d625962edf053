import CSimdjson
import Domain

/// The largest image or feature vector, in values.
private let maximumValues = 64 << 20
private let maximumTextLength = 256

/// Judges the values of a parsed line and builds its record.
///
/// - Parameter fields: borrowed from the parser, valid during the call.
/// - Returns: the record.
/// - Throws: `Rejection`, whose detail is a JSON Pointer.
func record(from fields: riskd_fields) throws(Rejection) -> Record {
    let id = try text(fields.identifier, "/id")
    let time = try text(fields.time, "/time", .badTime)
    guard let timestamp = Timestamp(rfc3339: time) else { throw Rejection(.badTime, "/time") }
    let model = try text(fields.model, "/model")
    let user = try text(fields.user, "/user")
    let prediction = Prediction(
        label: try text(fields.label, "/prediction/class"),
        probability: try probability(fields.probability, "/prediction/probability"),
        probabilities: try probabilities(of: fields)
    )
    guard fields.encoded_image.bytes == nil else { throw Rejection(.unsupportedInput, "/input/image") }
    return Record(
        id: RecordID(id),
        time: timestamp,
        model: ModelID(model),
        modelVersion: try optionalText(fields.model_version, "/model_version"),
        user: UserID(user),
        source: try optionalText(fields.source, "/source"),
        image: fields.input.present ? try image(from: fields.input) : nil,
        features: fields.features.present ? try features(from: fields.features) : nil,
        prediction: prediction
    )
}

private func text(
    _ text: riskd_text,
    _ pointer: String,
    _ reason: RejectionReason = .badText
) throws(Rejection) -> String {
    let bytes = UnsafeRawBufferPointer(start: text.bytes, count: text.length)
    guard (1...maximumTextLength).contains(bytes.count), !bytes.contains(0) else {
        throw Rejection(reason, pointer)
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func optionalText(_ field: riskd_text, _ pointer: String) throws(Rejection) -> String? {
    field.length == 0 ? nil : try text(field, pointer)
}

private func probability(_ value: Double, _ pointer: String) throws(Rejection) -> Double {
    guard (0...1).contains(value) else { throw Rejection(.outOfRange, pointer) }
    return value
}

private func probabilities(of fields: riskd_fields) throws(Rejection) -> [Double]? {
    guard fields.has_probabilities else { return nil }
    let values = Array(UnsafeBufferPointer(start: fields.probabilities, count: fields.probabilities_count))
    guard !values.isEmpty else { throw Rejection(.wrongSize, "/prediction/probabilities") }
    for (index, value) in values.enumerated() where !(0...1).contains(value) {
        throw Rejection(.outOfRange, "/prediction/probabilities/\(index)")
    }
    return values
}

private func image(from tensor: riskd_tensor) throws(Rejection) -> Image {
    let lengths = shape(of: tensor)
    guard lengths.count == 2 || lengths.count == 3,
        lengths[..<2].allSatisfy({ (1...4096).contains($0) }),
        lengths.count == 2 || (1...16).contains(lengths[2])
    else { throw Rejection(.wrongSize, "/input/shape") }
    let shape = ImageShape(
        height: lengths[0],
        width: lengths[1],
        channels: lengths.count == 3 ? lengths[2] : 1
    )
    guard shape.count <= maximumValues else { throw Rejection(.wrongSize, "/input/shape") }
    switch try text(tensor.dtype, "/input/dtype", .badDtype) {
    case "uint8":
        return Image(shape: shape, pixels: try decoded(tensor.data, count: shape.count, "/input/data"))
    case "float32":
        guard tensor.has_range else { throw Rejection(.missingField, "/input/range") }
        let (low, high) = tensor.range
        guard low < high, (high - low).isFinite else { throw Rejection(.outOfRange, "/input/range") }
        let bytes = try decoded(tensor.data, count: shape.count * 4, "/input/data")
        let values = try floats(bytes, "/input/data")
        return Image(shape: shape, pixels: values.map { grey(Double($0), low, high) })
    default: throw Rejection(.badDtype, "/input/dtype")
    }
}

/// `value` on the scale from `low` (0) to `high` (255), rounded half away from zero.
private func grey(_ value: Double, _ low: Double, _ high: Double) -> UInt8 {
    let share = (value - low) / (high - low)
    return UInt8((min(max(share, 0), 1) * 255).rounded(.toNearestOrAwayFromZero))
}

private func features(from tensor: riskd_tensor) throws(Rejection) -> [Float] {
    var count = 1
    let lengths = shape(of: tensor)
    for length in lengths {
        guard (1...maximumValues).contains(length), count * length <= maximumValues else {
            throw Rejection(.wrongSize, "/features/shape")
        }
        count *= length
    }
    guard !lengths.isEmpty else { throw Rejection(.wrongSize, "/features/shape") }
    guard try text(tensor.dtype, "/features/dtype", .badDtype) == "float32" else {
        throw Rejection(.badDtype, "/features/dtype")
    }
    return try floats(
        try decoded(tensor.data, count: count * 4, "/features/data"),
        "/features/data"
    )
}

private func shape(of tensor: riskd_tensor) -> [Int] {
    withUnsafeBytes(of: tensor.shape) { raw in
        raw.bindMemory(to: Int64.self).prefix(tensor.rank).map { Int($0) }
    }
}

/// The base64 of exactly `count` bytes.
private func decoded(_ text: riskd_text, count: Int, _ pointer: String) throws(Rejection) -> [UInt8] {
    guard text.length % 4 == 0 else { throw Rejection(.badBase64, pointer) }
    var length = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: text.length / 4 * 3) { buffer, initialized in
        length = riskd_base64_decode(text.bytes, text.length, buffer.baseAddress)
        initialized = max(0, length)
    }
    guard length >= 0 else { throw Rejection(.badBase64, pointer) }
    guard bytes.count == count else { throw Rejection(.wrongSize, pointer) }
    return bytes
}

/// Little-endian, finite 32-bit floats.
private func floats(_ bytes: [UInt8], _ pointer: String) throws(Rejection) -> [Float] {
    let values = bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map { index in
            let pattern = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: pattern))
        }
    }
    guard values.allSatisfy(\.isFinite) else { throw Rejection(.outOfRange, pointer) }
    return values
}
