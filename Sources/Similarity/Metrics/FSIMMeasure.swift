internal import CSimilarity
internal import Domain

/// FSIM: profiles are the maps of phase congruency and gradient, 4 bytes for each (averaged) pixel.
///
/// FSIM has no bound that is cheaper than a pair: neither is it a metric, nor do sums over an image bound it. A pair is
/// given up as soon as its part so far proves it too far.
struct FSIMMeasure: DistanceMeasure {
    let contentBytes: Int
    let profileBytes: Int
    private let plan: FSIMPlan
    private let path: KernelPath

    init(shape: ImageShape, path: KernelPath) {
        plan = FSIMPlan(shape: shape)
        self.path = path
        contentBytes = shape.count
        profileBytes = similarity_fsim_map_bytes(plan.raw)
    }

    var metric: SimilarityMetric { .fsim }

    func writeProfile(of content: UnsafePointer<UInt8>, to profile: UnsafeMutableRawPointer) {
        let size = similarity_fsim_scratch_bytes(plan.raw)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer { scratch.deallocate() }
        similarity_fsim_maps(path.rawValue, plan.raw, content, profile, scratch)
    }

    func comparison(with query: MeasuredInput) -> Comparison {
        Comparison(plan: plan, path: path, maps: query.profile)
    }

    /// An image's maps.
    struct Comparison: DistanceComparison {
        fileprivate let plan: FSIMPlan
        fileprivate let path: KernelPath
        fileprivate let maps: UnsafeRawPointer

        func lowerBound(to other: MeasuredInput) -> Double { 0 }

        func distance(to other: MeasuredInput, cut: Double) -> Double {
            let distance = similarity_fsim_distance(path.rawValue, plan.raw, maps, other.profile, cut)
            return distance <= cut ? distance : .infinity
        }
    }
}

/// The filters and Fourier tables of a shape.
///
/// Unchecked: written by its initialiser only.
private final class FSIMPlan: @unchecked Sendable {
    let raw: OpaquePointer
    private let memory: UnsafeMutableRawPointer

    init(shape: ImageShape) {
        let (height, width) = (Int32(shape.height), Int32(shape.width))
        memory = .allocate(byteCount: similarity_fsim_bytes(height, width), alignment: 64)
        raw = similarity_fsim_make(memory, height, width, Int32(shape.channels))
    }

    deinit { memory.deallocate() }
}
