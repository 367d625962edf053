internal import CSimilarity

/// Coordinates of a signature.
let signatureLength = Int(SIMILARITY_SIGNATURE)

/// A signature as it is compared.
struct Signature: ~Copyable {
    /// Coordinates, each plus 128.
    let coordinates: UnsafeMutablePointer<UInt8>
    /// The squared length up to the end of each part.
    private(set) var lengths: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    /// How far rounding moved it.
    private(set) var error: Float = 0
    /// Whether that is no further than what is made up for in signatures that are stored.
    var isStorable = false

    init() {
        coordinates = .allocate(capacity: signatureLength)
        coordinates.initialize(repeating: 128, count: signatureLength)
    }

    deinit { coordinates.deallocate() }

    /// Clamping moves no two coordinates apart, so only rounding counts as an error.
    mutating func round(_ values: UnsafePointer<Float>, step: Float) {
        var (square, length): (Float, Int32) = (0, 0)
        for index in 0..<signatureLength {
            let factor = SignatureParts.factor(index)
            let value = SignatureParts.clamped(values[index] / (step * factor), index)
            let whole = value.rounded()
            square += (value - whole) * (value - whole) * factor * factor
            coordinates[index] = UInt8(Int32(whole) + 128)
            length += Int32(whole) * Int32(whole) * Int32(factor * factor)
            switch index + 1 {
            case SignatureParts.ends[0]: lengths.0 = length
            case SignatureParts.ends[1]: lengths.1 = length
            case SignatureParts.ends[2]: lengths.2 = length
            case SignatureParts.ends[3]: lengths.3 = length
            default: break
            }
        }
        error = square.squareRoot() * step * 1.0001
    }
}

/// Into what a signature is split: later parts are only looked at where earlier ones do not suffice.
enum SignatureParts {
    /// Where each ends: two of `SIMILARITY_PART`, and the halves of a row.
    static let ends = [64, 128, 256, 384]

    /// How many steps a coordinate of 1 stands for; squared, `SIMILARITY_FIRST_WEIGHT` in the first part.
    static func factor(_ index: Int) -> Float { index < ends[0] ? 2 : 1 }

    /// What a coordinate may be at most, on either side.
    static func clamped(_ value: Float, _ index: Int) -> Float {
        let limit: Float = index < ends[0] ? Float(SIMILARITY_FIRST_LIMIT) : 127
        return min(max(value, -limit), limit)
    }
}

/// Signatures side by side.
///
/// Unchecked: pieces write different ones, or only read.
final class SignatureTable: @unchecked Sendable {
    let count: Int
    private let base: UnsafeMutablePointer<Signature>

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(1, count))
        for index in 0..<count { (base + index).initialize(to: Signature()) }
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    subscript(index: Int) -> UnsafeMutablePointer<Signature> { base + index }
}
