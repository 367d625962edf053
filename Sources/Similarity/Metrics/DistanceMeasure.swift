package import Domain

/// What a metric compares of one input.
struct MeasuredInput {
    /// The input's bytes, readable for `SIMILARITY_PADDING` bytes beyond their end.
    let content: UnsafePointer<UInt8>
    /// What the measure derived from them; meaningless where it derives nothing.
    let profile: UnsafeRawPointer
}

/// Measures the distance of two inputs of one shape; the one protocol of all metrics.
///
/// What takes long but concerns one input alone is derived once and kept with the history: its *profile*.
protocol DistanceMeasure: Sendable {
    associatedtype Comparison: DistanceComparison

    /// What is measured; its ``SimilarityMetric/bound`` is what ``DistanceComparison/lowerBound(to:)`` rests on.
    var metric: SimilarityMetric { get }
    var contentBytes: Int { get }
    /// The bytes of a profile; 0 where the content is all that is compared.
    var profileBytes: Int { get }
    /// Derives the profile of `content` into 64-byte aligned memory.
    func writeProfile(of content: UnsafePointer<UInt8>, to profile: UnsafeMutableRawPointer)
    /// Readies `query`, which must outlive the result, for being compared with many.
    func comparison(with query: MeasuredInput) -> Comparison
}

/// One input, ready to be compared with many.
protocol DistanceComparison {
    /// A number that the distance to `other` is never below; 0 where the pair alone gives none.
    func lowerBound(to other: MeasuredInput) -> Double
    /// The exact distance to `other`, or infinity when it is larger than `cut`.
    func distance(to other: MeasuredInput, cut: Double) -> Double
}

extension DistanceMeasure {
    /// The distance of two contents, in full.
    func distance(_ first: [UInt8], _ second: [UInt8], cut: Double = .infinity) -> Double {
        let contents = PixelBuffer(stride: contentBytes, capacity: 2)
        contents.set(0, to: first)
        contents.set(1, to: second)
        let profiles = ProfileStore(stride: profileBytes, capacity: 2)
        profiles.extend(to: 2)
        return withExtendedLifetime((contents, profiles)) {
            let inputs = (0..<2).map { index in
                writeProfile(of: contents[index], to: profiles[index])
                return MeasuredInput(content: contents[index], profile: UnsafeRawPointer(profiles[index]))
            }
            return comparison(with: inputs[0]).distance(to: inputs[1], cut: cut)
        }
    }
}

/// A lower bound that was computed in floating point, reduced by more than its error.
func safely(_ bound: Double) -> Double { bound * (1 - 1e-9) - 1e-12 }

/// The distance of two images of the same shape.
///
/// - Parameters:
///   - first: one image.
///   - second: the other; the distance is symmetric up to the last bit.
///   - metric: how distance is measured; not `features`, which images do not have.
///   - window: the window of SSIM.
///   - path: which build of the kernels runs; all give the same bits.
/// - Returns: the distance; infinity when the shapes differ.
/// - Precondition: `metric != .features`.
package func similarityDistance(
    _ first: Image,
    _ second: Image,
    metric: SimilarityMetric = .ssim,
    window: SimilarityWindow = .uniform,
    path: KernelPath = .best
) -> Double {
    precondition(metric != .features, "images have no features")
    guard first.shape == second.shape, first.shape.count > 0 else { return .infinity }
    if metric == .fsim {
        return FSIMMeasure(shape: first.shape, path: path).distance(first.pixels, second.pixels)
    }
    return PairKernel(metric: metric, window: window, shape: first.shape, path: path).distance(first, second)
}

/// The distance of two feature vectors (``SimilarityMetric/features``).
///
/// - Parameters:
///   - first: one vector.
///   - second: the other; the distance is symmetric up to the last bit.
///   - path: which build of the kernels runs; all give the same bits.
/// - Returns: 0 … 1; infinity when the lengths differ, or a vector is empty or not finite.
package func featureDistance(_ first: [Float], _ second: [Float], path: KernelPath = .best) -> Double {
    guard let first = Image(vector: first), let second = Image(vector: second), first.shape == second.shape
    else { return .infinity }
    return FeatureMeasure(dimension: first.shape.width, path: path).distance(first.pixels, second.pixels)
}
