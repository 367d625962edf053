import CSimdjson
import Crypto
import Domain

/// The largest image or feature vector, in values.
private let maximumValues = 64 << 20

/// An array as a log has it: shape, dtype, and data in base64; texts borrowed from the parser.
struct LoggedTensor {
    /// Why it is of no use; nil where it may be.
    private(set) var problem: Rejection?
    private(set) var lengths: [Int] = []
    private(set) var dtype = riskd_text()
    private(set) var data = riskd_text()
    /// The values that stand for black and white, where they are given.
    private(set) var range: (low: Double, high: Double)?

    /// The most dimensions.
    private static let maximumRank = 8

    /// A tensor; nil where there is none.
    ///
    /// One that is of no use says why, and costs nothing else.
    ///
    /// - Parameters:
    ///   - node: where it would be.
    ///   - keys: shape, dtype and data; for images also range, and image for one in a file format.
    ///   - pointer: of the node.
    ///   - reading: looks into it.
    ///   - repeated: called for each key that is there more than once.
    init?(
        _ node: DocumentNode,
        _ keys: JSONKeys,
        _ pointer: String,
        _ reading: inout JSONReading,
        _ repeated: () -> Void
    ) {
        guard !node.isNothing else { return nil }
        do throws(Rejection) {
            guard node.value.kind == RISKD_OBJECT else { throw Rejection(.wrongType, pointer) }
            let members = reading.find(keys, in: node) { _ in repeated() }
            if members.count > 4, !members[4].isNothing {
                throw Rejection(.unsupportedInput, pointer + "/image")
            }
            for (member, key) in zip(members, ["/shape", "/dtype", "/data"])
            where member.value.kind == RISKD_ABSENT {
                throw Rejection(.missingField, pointer + key)
            }
            lengths = try reading.integers(members[0], limit: Self.maximumRank, pointer + "/shape")
            dtype = try reading.text(members[1], pointer + "/dtype")
            data = try reading.text(members[2], pointer + "/data")
            guard members.count > 3, !members[3].isNothing else { return }
            guard reading.count(of: members[3]) ?? 2 == 2 else {
                throw Rejection(.wrongSize, pointer + "/range")
            }
            let ends = try reading.numbers(members[3], limit: 2, pointer + "/range")
            range = (ends[0], ends[1])
        } catch {
            problem = error
        }
    }

    /// - Throws: ``problem``, where there is one.
    fileprivate func check() throws(Rejection) {
        if let problem { throw problem }
    }
}

/// An image as a log has it.
struct LoggedImage {
    let image: Image
    /// Whether all its values are numbers; one that is none counts as the lowest.
    let isFinite: Bool

    /// - Throws: `Rejection` where there is no image to be made of it.
    init(_ tensor: LoggedTensor) throws(Rejection) {
        try tensor.check()
        let shape = try Self.shape(of: tensor)
        switch tensor.dtype.string {
        case "uint8":
            let pixels = try decoded(tensor.data, count: shape.count, "/input/data")
            image = Image(shape: shape, pixels: pixels)
            isFinite = true
        case "float32":
            guard let (low, high) = tensor.range else { throw Rejection(.missingField, "/input/range") }
            guard low < high, (high - low).isFinite else { throw Rejection(.outOfRange, "/input/range") }
            let bytes = try decoded(tensor.data, count: shape.count * 4, "/input/data")
            (image, isFinite) = Self.image(floats(bytes), shape, low, high, Self.digest(bytes, low, high))
        default: throw Rejection(.badDtype, "/input/dtype")
        }
    }

    private static func shape(of tensor: LoggedTensor) throws(Rejection) -> ImageShape {
        let lengths = tensor.lengths
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
        return shape
    }

    /// Only the same values in the same range have the same digest, whatever the grey scale can show of them.
    private static func digest(_ bytes: [UInt8], _ low: Double, _ high: Double) -> Digest128 {
        var all = sha256(bytes)
        for end in [low, high] { withUnsafeBytes(of: end.bitPattern.littleEndian) { all += $0 } }
        return Digest128(sha256(all))
    }

    /// Values on the scale from `low` (0) to `high` (255), in grey levels (rounded half away from zero) and 256ths of one.
    private static func image(
        _ values: [Float],
        _ shape: ImageShape,
        _ low: Double,
        _ high: Double,
        _ sent: Digest128
    ) -> (Image, isFinite: Bool) {
        let span = high - low
        var (isWhole, isFinite) = (true, true)
        var fractions: [Int8] = []
        let pixels = [UInt8](unsafeUninitializedCapacity: values.count) { pixels, pixelCount in
            fractions = [Int8](unsafeUninitializedCapacity: values.count) { fractions, count in
                for (index, value) in values.enumerated() {
                    let share = value.isNaN ? 0 : (Double(value) - low) / span
                    let level = min(max(share, 0), 1) * 255
                    let whole = level.rounded(.toNearestOrAwayFromZero)
                    let fraction = ((level - whole) * 256).rounded(.toNearestOrAwayFromZero)
                    pixels[index] = UInt8(whole)
                    fractions[index] = Int8(min(max(fraction, -128), 127))
                    if fraction != 0 { isWhole = false }
                    if !value.isFinite { isFinite = false }
                }
                count = values.count
            }
            pixelCount = values.count
        }
        let image = Image(shape: shape, pixels: pixels, fractions: isWhole ? nil : fractions, sent: sent)
        return (image, isFinite)
    }
}

/// A feature vector as a log has it.
///
/// - Throws: `Rejection` where it cannot be read.
func loggedFeatures(_ tensor: LoggedTensor) throws(Rejection) -> [Float] {
    try tensor.check()
    var count = 1
    let lengths = tensor.lengths
    for length in lengths {
        guard (1...maximumValues).contains(length), count * length <= maximumValues else {
            throw Rejection(.wrongSize, "/features/shape")
        }
        count *= length
    }
    guard !lengths.isEmpty else { throw Rejection(.wrongSize, "/features/shape") }
    guard tensor.dtype.string == "float32" else { throw Rejection(.badDtype, "/features/dtype") }
    let values = floats(try decoded(tensor.data, count: count * 4, "/features/data"))
    guard values.allSatisfy(\.isFinite) else { throw Rejection(.outOfRange, "/features/data") }
    return values
}

/// The base64 of exactly `count` bytes.
private func decoded(_ text: riskd_text, count: Int, _ pointer: String) throws(Rejection) -> [UInt8] {
    guard let bytes = base64Bytes(UnsafeBufferPointer(start: text.bytes, count: text.length)) else {
        throw Rejection(.badBase64, pointer)
    }
    guard bytes.count == count else { throw Rejection(.wrongSize, pointer) }
    return bytes
}

/// Little-endian 32-bit floats.
private func floats(_ bytes: [UInt8]) -> [Float] {
    bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map { index in
            let pattern = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: pattern))
        }
    }
}

/// What base64 says; nil where it is none.
func base64Bytes(_ text: UnsafeBufferPointer<CChar>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var length = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { buffer, initialized in
        length = riskd_base64_decode(text.baseAddress, text.count, buffer.baseAddress)
        initialized = max(0, length)
    }
    return length < 0 ? nil : bytes
}
