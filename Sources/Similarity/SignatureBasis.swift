internal import CSimilarity
internal import Domain

#if canImport(Glibc)
    internal import Glibc
#endif

/// Coordinates of a signature.
let signatureLength = Int(SIMILARITY_SIGNATURE)

/// Maps an image to a short signature whose distances never exceed those of SSIM.
///
/// SSIM is a positive-semidefinite kernel with unit diagonal, and so is its part in a region up to the region's
/// weight: there are Φ with |Φ(x) - Φ(y)|² = 2 (1 - SSIM(x, y)). A signature is made of contractions of Φ only:
/// 1. Per region, k = the kernel with each landmark, and L⁻¹ k with L Lᵀ = G + jitter (G the landmarks' Gram
///    matrix). Without jitter that is the projection on the landmarks' span; with it T = (G + λ)^-½ Φᵀ has
///    TᵀT ⪯ 1, so it still only shrinks distances.
/// 2. Per region, the length of what step 1 leaves: (1 - TᵀT)^½ Φ(x) has length √(weight - |L⁻¹ k|²), and lengths
///    differ by no more than their vectors.
/// 3. A rotation to the directions along which images differ most, and the length of what it leaves.
/// 4. Rounding to 16 bits, which ``limit(forCut:)`` makes up for.
/// Landmarks and rotation decide how much a signature sees, never what a search finds.
///
/// Unchecked: nothing changes after learning.
final class SignatureBasis: @unchecked Sendable {
    /// How many images ``sign(_:into:)`` is best given at once: the matrices are read once for all of them.
    static let group = 8
    /// Coordinates are multiples of 1 / scale; distances are at most 2, so squares fit 32 bits.
    private static let scale: Float = 8192
    /// Rounding moves a coordinate by up to ½ on either side, 16 / scale over 256 coordinates; the rest is for the
    /// rounding of single precision (measured below 1e-4).
    private static let slack = 0.005

    private let kernel: PairKernel
    private let landmarks: LandmarkSet
    private let weights: [Float]
    private let whitening: [FloatMatrix]
    private var mean: [Float] = []
    private var rotation = FloatMatrix(rows: 0, columns: 0)

    /// The largest squared distance of signatures that a pair at distance `cut` can have.
    static func limit(forCut cut: Double) -> Int32 {
        let radius = Double(scale) * ((2 * cut).squareRoot() + slack)
        return Int32(min(radius * radius, Double(Int32.max - 1)))
    }

    private var landmarkCount: Int { landmarks.count }
    private var featureCount: Int { weights.count * (landmarkCount + 1) }

    /// - Parameters:
    ///   - sample: images of one history; all train the rotation.
    ///   - count: how many there are.
    ///   - kernel: of metric SSIM.
    ///   - landmarkCount: how many of them become landmarks; at most `count`.
    ///   - forEach: runs pieces in parallel.
    init(
        sample: PixelBuffer,
        count: Int,
        kernel: PairKernel,
        landmarkCount: Int,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        self.kernel = kernel
        let chosen = PixelBuffer(stride: sample.stride, capacity: landmarkCount)
        for index in 0..<landmarkCount { chosen.copy(index, from: sample[index * count / landmarkCount]) }
        let landmarks = LandmarkSet(chosen, count: landmarkCount, kernel: kernel)
        self.landmarks = landmarks
        let regions = kernel.regionCount
        let grams = (0..<regions).map { _ in FloatMatrix(rows: landmarkCount, columns: landmarkCount) }
        let (pixels, all) = (SharedPixels(chosen), landmarkCount)
        await forEach((landmarkCount + Self.group - 1) / Self.group) { piece in
            let first = piece * Self.group
            let rows = first..<min(first + Self.group, all)
            landmarks.compare(rows.map { pixels.buffer[$0] }) { row, landmark, parts in
                for region in 0..<regions { grams[region][first + row][landmark] = parts[region] }
            }
        }
        weights = grams.map { $0[0][0] }
        let (matrices, shares) = ((0..<regions).map { _ in FloatMatrix(rows: all, columns: all) }, weights)
        await forEach(regions) { invertCholesky(grams[$0], weight: shares[$0], into: matrices[$0]) }
        whitening = matrices

        mean = [Float](repeating: 0, count: featureCount)
        let features = FloatMatrix(rows: count, columns: featureCount)
        let images = SharedPixels(sample)
        let groups = (count + Self.group - 1) / Self.group
        await forEach(groups) { [self] piece in
            let range = piece * Self.group..<min((piece + 1) * Self.group, count)
            self.features(of: range.map { images.buffer[$0] }, into: features, at: range.lowerBound)
        }
        for row in 0..<count {
            for column in 0..<featureCount { mean[column] += features[row][column] / Float(count) }
        }
        for row in 0..<count {
            for column in 0..<featureCount { features[row][column] -= mean[column] }
        }
        rotation = await principalDirections(
            of: features,
            count: min(signatureLength - 1, count, featureCount),
            path: kernel.path,
            forEach: forEach
        )
    }

    /// Writes the signatures of up to ``group`` images, each of this shape, to where `outputs` point.
    func sign(_ images: [UnsafePointer<UInt8>], into outputs: [UnsafeMutablePointer<Int16>]) {
        let features = FloatMatrix(rows: images.count, columns: featureCount)
        self.features(of: images, into: features, at: 0)
        var lengths = [Float](repeating: 0, count: images.count)
        for row in images.indices {
            let line = features[row]
            for column in 0..<featureCount { line[column] -= mean[column] }
            lengths[row] = squaredLength(line, featureCount)
        }
        let rotated = FloatMatrix(rows: images.count, columns: rotation.rows)
        features.multiply(0..<images.count, by: rotation, path: kernel.path, into: rotated)
        for row in images.indices {
            let (line, output) = (rotated[row], outputs[row])
            let rest = max(0, lengths[row] - squaredLength(line, rotation.rows)).squareRoot()
            output.update(repeating: 0, count: signatureLength)
            for column in 0..<rotation.rows { output[column] = Self.rounded(line[column]) }
            output[signatureLength - 1] = Self.rounded(rest)
        }
    }

    /// Clamping moves no two coordinates apart, so the bound stays true.
    private static func rounded(_ value: Float) -> Int16 {
        Int16(max(-16383, min(16383, (value * scale).rounded())))
    }

    /// Steps 1 and 2: region by region the whitened products, then the lengths of what they leave.
    private func features(of images: [UnsafePointer<UInt8>], into features: FloatMatrix, at first: Int) {
        let products = weights.map { _ in FloatMatrix(rows: images.count, columns: landmarkCount) }
        landmarks.compare(images) { row, landmark, parts in
            for region in weights.indices { products[region][row][landmark] = parts[region] }
        }
        let whitened = FloatMatrix(rows: images.count, columns: landmarkCount)
        for region in weights.indices {
            products[region].multiply(
                0..<images.count,
                by: whitening[region],
                path: kernel.path,
                into: whitened
            )
            for row in images.indices {
                let target = features[first + row]
                (target + region * landmarkCount).update(from: whitened[row], count: landmarkCount)
                let rest = weights[region] - squaredLength(whitened[row], landmarkCount)
                target[weights.count * landmarkCount + region] = max(0, rest).squareRoot()
            }
        }
    }
}

/// Pixels that pieces on several threads read.
///
/// Unchecked: nobody writes to them meanwhile.
struct SharedPixels: @unchecked Sendable {
    let buffer: PixelBuffer

    init(_ buffer: PixelBuffer) { self.buffer = buffer }
}
