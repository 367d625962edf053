internal import CSimilarity
internal import Domain

/// Maps an image to a short signature whose distances never exceed those of the images.
///
/// A signature is made of contractions of ``SignatureFeatures`` only:
/// 1. Per region, coordinates along the directions that regions' features have most in common, the length of what they
///    leave of the features, and that of what features leave: lengths differ by no more than their vectors.
/// 2. The same of the whole: along the directions in which images differ most.
/// 3. Clamping, and rounding to bytes, whose error is known and made up for.
/// What it was learnt from decides how much a signature sees, never what a search finds.
///
/// Unchecked: nothing changes after learning.
final class SignatureBasis: @unchecked Sendable {
    /// How many images ``sign(_:into:)`` is best given at once: the matrices are read once for all of them.
    static let group = 8
    /// Numbers that a region becomes.
    static let regionLength = 48

    let features: SignatureFeatures
    /// Of its features.
    let kind: Int64
    private let path: KernelPath
    /// The last rows are 0 and make room for lengths: two of the local directions, one of the global ones.
    let local: FloatMatrix
    let global: FloatMatrix
    let mean: [Float]
    /// What the length of the rest usually is.
    let usualRest: Float
    /// The number that a coordinate of 1 stands for.
    let step: Float
    /// The most that rounding moves a signature that is stored.
    let storedError: Double

    /// Learns from images of one history.
    ///
    /// - Parameters:
    ///   - sample: the images.
    ///   - count: how many there are, at least one.
    ///   - kernel: the distance that signatures bound.
    init(sample: PixelBuffer, count: Int, kernel: PairKernel) {
        path = kernel.path
        kind = SignatureFeatures.kind(kernel)
        let features = SignatureFeatures(sample: sample, count: count, kernel: kernel)
        self.features = features
        local = Self.localDirections(of: sample, count: count, features: features, path: kernel.path)
        let data = FloatMatrix(rows: count, columns: features.regions * Self.regionLength)
        let room = FloatMatrix(rows: features.regions, columns: features.stride)
        for row in 0..<count {
            Self.shorten(sample[row], features, local, kernel.path, room, into: data[row])
        }
        var mean = [Float](repeating: 0, count: data.columns)
        for row in 0..<count {
            for column in 0..<data.columns { mean[column] += data[row][column] / Float(count) }
        }
        for row in 0..<count {
            for column in 0..<data.columns { data[row][column] -= mean[column] }
        }
        self.mean = mean
        global = FloatMatrix(rows: signatureLength, columns: data.columns)
        let directions = principalDirections(
            of: data,
            count: min(signatureLength - 1, count, data.columns),
            rounds: 5,
            path: kernel.path
        )
        for row in 0..<directions.rows { global[row].update(from: directions[row], count: data.columns) }
        let scores = FloatMatrix(rows: count, columns: signatureLength)
        data.multiply(0..<count, by: global, path: kernel.path, into: scores)
        var rests: Float = 0
        for row in 0..<count {
            let square = squaredLength(data[row], data.columns)
            rests += Self.rest(square, without: scores[row], signatureLength)
        }
        usualRest = rests / Float(count)
        // Few coordinates are clamped; the first ones, which are larger, have steps of twice the size.
        var widest: Float = 0
        for column in 0..<signatureLength {
            var square: Float = 0
            for row in 0..<count { square += scores[row][column] * scores[row][column] }
            widest = max(widest, square / Float(count))
        }
        step = max(1.25 * widest.squareRoot() / 127, 1e-6)
        var largest: Float = 0
        for row in 0..<count {
            var error: Float = 0
            for column in 0..<signatureLength {
                let factor = SignatureParts.factor(column)
                let value = SignatureParts.clamped(scores[row][column] / (step * factor), column)
                error += (value - value.rounded()) * (value - value.rounded()) * factor * factor
            }
            largest = max(largest, error)
        }
        storedError = Double(step) * Double(largest).squareRoot() * 1.1
    }

    /// A basis that was learnt before.
    init(
        features: SignatureFeatures,
        kernel: PairKernel,
        local: FloatMatrix,
        global: FloatMatrix,
        mean: [Float],
        usualRest: Float,
        step: Float,
        storedError: Double
    ) {
        self.features = features
        kind = SignatureFeatures.kind(kernel)
        path = kernel.path
        self.local = local
        self.global = global
        self.mean = mean
        self.usualRest = usualRest
        self.step = step
        self.storedError = storedError
    }

    /// Signs up to ``group`` images.
    ///
    /// - Parameters:
    ///   - images: each of this basis' shape.
    ///   - outputs: as many signatures.
    func sign(_ images: [UnsafePointer<UInt8>], into outputs: UnsafeMutablePointer<Signature>) {
        let data = FloatMatrix(rows: images.count, columns: global.columns)
        let scores = FloatMatrix(rows: images.count, columns: signatureLength)
        let room = FloatMatrix(rows: features.regions, columns: features.stride)
        for (row, image) in images.enumerated() {
            Self.shorten(image, features, local, path, room, into: data[row])
            for column in 0..<data.columns { data[row][column] -= mean[column] }
        }
        data.multiply(0..<images.count, by: global, path: path, into: scores)
        for row in images.indices {
            let line = scores[row]
            let square = squaredLength(data[row], data.columns)
            let rest = Self.rest(square, without: line, signatureLength)
            line[signatureLength - 1] = rest - usualRest
            (outputs + row).pointee.round(line, step: step)
            (outputs + row).pointee.isStorable = Double((outputs + row).pointee.error) <= storedError
        }
    }

    /// What this leaves of an image, less what is left usually.
    func restExcess(of signature: borrowing Signature) -> Float {
        Float(Int(signature.coordinates[signatureLength - 1]) - 128) * step
    }

    /// The largest squared distance that the signature `query` can have to one whose image is at distance `cut`.
    func limit(of query: borrowing Signature, forCut cut: Double) -> Int32 {
        let radius = ((2 * cut).squareRoot() * 1.0001 + slack(of: query)) / Double(step)
        return Int32(min(radius * radius + 1, Double(Int32.max / 2)))
    }

    /// A distance that images whose signatures have the squared distance `bound` are not below.
    func distance(of query: borrowing Signature, bound: Int32) -> Float {
        let root = (Double(max(0, bound)).squareRoot() * Double(step) - slack(of: query)) / 1.0001
        return root <= 0 ? 0 : Float(root * root / 2 * 0.99999)
    }

    private func slack(of query: borrowing Signature) -> Double {
        Double(query.error) + storedError + 2 * SignatureFeatures.slack
    }

    /// The length of what a projection leaves of values of the squared length `square`.
    private static func rest(
        _ square: Float,
        without projection: UnsafePointer<Float>,
        _ length: Int
    ) -> Float {
        max(0, square - squaredLength(projection, length)).squareRoot()
    }

    private static func localDirections(
        of sample: PixelBuffer,
        count: Int,
        features: SignatureFeatures,
        path: KernelPath
    ) -> FloatMatrix {
        let images = min(count, max(1, 8192 / features.regions))
        let (regions, stride) = (features.regions, features.stride)
        let data = FloatMatrix(rows: images * regions, columns: stride)
        for row in 0..<images { features.write(sample[row * count / images], to: data[row * regions]) }
        let result = FloatMatrix(rows: regionLength, columns: stride)
        let directions = principalDirections(
            of: data,
            count: min(regionLength - 2, stride),
            rounds: 4,
            path: path
        )
        for row in 0..<directions.rows { result[row].update(from: directions[row], count: stride) }
        return result
    }

    /// Step 1; `data` is room for features, of nothing but this basis' since it was cleared.
    private static func shorten(
        _ image: UnsafePointer<UInt8>,
        _ features: SignatureFeatures,
        _ local: FloatMatrix,
        _ path: KernelPath,
        _ data: FloatMatrix,
        into out: UnsafeMutablePointer<Float>
    ) {
        features.write(image, to: data.base)
        similarity_matmul(
            path.rawValue,
            local.base,
            regionLength,
            data.base,
            features.regions,
            features.stride,
            local.stride,
            features.stride,
            out,
            regionLength
        )
        for region in 0..<features.regions {
            let line = out + region * regionLength
            let square = squaredLength(data[region], features.stride)
            line[regionLength - 2] = rest(square, without: line, regionLength)
            line[regionLength - 1] = features.remainder(of: region, without: square)
        }
    }
}
