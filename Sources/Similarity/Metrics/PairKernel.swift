internal import CSimilarity
internal import Domain

/// Measures the distance of two images of one shape by SSIM, MSE or PSNR.
struct PairKernel: Sendable {
    let metric: SimilarityMetric
    let path: KernelPath
    let shape: ImageShape
    let plan: similarity_plan

    /// - Precondition: `metric` is `ssim`, `mse` or `psnr`.
    init(metric: SimilarityMetric, window: SimilarityWindow, shape: ImageShape, path: KernelPath) {
        precondition(metric != .fsim && metric != .features, "not a metric of pixels alone")
        self.metric = metric
        self.path = path
        self.shape = shape
        var plan = similarity_plan()
        let (height, width, channels) = (Int32(shape.height), Int32(shape.width), Int32(shape.channels))
        similarity_plan_make(&plan, height, width, channels, window == .gaussian ? 1 : 0)
        self.plan = plan
    }
}

extension PairKernel {
    /// Bytes of an image's local statistics; 0 where distances need none.
    var statisticsBytes: Int {
        guard metric == .ssim else { return 0 }
        return withUnsafePointer(to: plan) { similarity_statistics_bytes($0) }
    }

    /// Whether two images are compared faster when the statistics of both are known.
    var usesBothStatistics: Bool { metric == .ssim && plan.gaussian == 0 }

    /// Bytes that a call needs for itself.
    var scratchBytes: Int { withUnsafePointer(to: plan) { similarity_scratch_bytes($0) } }

    /// Writes the local statistics of an image, of ``statisticsBytes``.
    func writeStatistics(of pixels: UnsafePointer<UInt8>, to statistics: UnsafeMutableRawPointer) {
        withUnsafeTemporaryAllocation(byteCount: scratchBytes, alignment: 64) { scratch in
            withUnsafePointer(to: plan) { plan in
                similarity_statistics(path.rawValue, plan, pixels, statistics, scratch.baseAddress)
            }
        }
    }
}

/// An image to be compared with many; its local statistics are made when the first of them comes.
struct PreparedImage: ~Copyable {
    private let kernel: PairKernel
    private let pixels: UnsafePointer<UInt8>
    /// Of others, where they are.
    private let shared: UnsafeRawPointer?
    private let statistics: UnsafeMutableRawPointer
    private let scratch: UnsafeMutableRawPointer
    private var isPrepared: Bool

    /// - Parameters:
    ///   - pixels: `shape.count` bytes, and readable for `SIMILARITY_PADDING` bytes more; must outlive this.
    ///   - kernel: what measures.
    ///   - shared: its statistics, where they are known; must outlive this, too.
    init(_ pixels: UnsafePointer<UInt8>, kernel: PairKernel, shared: UnsafeRawPointer? = nil) {
        self.kernel = kernel
        self.pixels = pixels
        self.shared = shared
        let size = shared == nil ? kernel.statisticsBytes : 0
        statistics = .allocate(byteCount: max(size, 1), alignment: 64)
        scratch = .allocate(byteCount: kernel.scratchBytes, alignment: 64)
        isPrepared = size == 0
    }

    deinit {
        statistics.deallocate()
        scratch.deallocate()
    }

    /// The exact distance to `other`, or infinity when it is larger than `cut`; `own` are the other's statistics, where they
    /// are known.
    mutating func distance(
        to other: UnsafePointer<UInt8>,
        own: UnsafeRawPointer? = nil,
        cut: Double = .infinity
    ) -> Double {
        guard kernel.metric == .ssim else {
            return similarity_mse(kernel.path.rawValue, pixels, other, kernel.shape.count, cut)
        }
        if !isPrepared {
            kernel.writeStatistics(of: pixels, to: statistics)
            isPrepared = true
        }
        let statistics = shared ?? UnsafeRawPointer(statistics)
        return withUnsafePointer(to: kernel.plan) { plan in
            guard let own else {
                return similarity_ssim(kernel.path.rawValue, plan, pixels, statistics, other, cut, scratch)
            }
            return similarity_ssim_known(
                kernel.path.rawValue,
                plan,
                pixels,
                statistics,
                other,
                own,
                cut,
                scratch
            )
        }
    }
}

/// Images side by side, each readable for `SIMILARITY_PADDING` bytes beyond its end.
final class PixelBuffer {
    let stride: Int
    let capacity: Int
    private let base: UnsafeMutablePointer<UInt8>

    /// - Parameters:
    ///   - stride: bytes of an image.
    ///   - capacity: the most images.
    init(stride: Int, capacity: Int) {
        self.stride = stride
        self.capacity = capacity
        let count = stride * capacity + Int(SIMILARITY_PADDING)
        base = .allocate(capacity: count)
        base.initialize(repeating: 0, count: count)
    }

    /// A buffer with room for more, and the same images at the same places.
    func enlarged(to capacity: Int) -> PixelBuffer {
        let larger = PixelBuffer(stride: stride, capacity: capacity)
        larger.base.update(from: base, count: stride * self.capacity)
        return larger
    }

    deinit { base.deallocate() }

    subscript(index: Int) -> UnsafePointer<UInt8> { UnsafePointer(base + index * stride) }

    func set(_ index: Int, to pixels: [UInt8]) {
        precondition(pixels.count == stride)
        pixels.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { copy(index, from: start) }
        }
    }

    func copy(_ index: Int, from pixels: UnsafePointer<UInt8>) {
        (base + index * stride).update(from: pixels, count: stride)
    }
}

extension PairKernel {
    /// The distance of two images of this kernel's shape, in full.
    func distance(_ first: Image, _ second: Image, cut: Double = .infinity) -> Double {
        precondition(first.shape == shape && second.shape == shape)
        let buffer = PixelBuffer(stride: shape.count, capacity: 2)
        buffer.set(0, to: first.pixels)
        buffer.set(1, to: second.pixels)
        return withExtendedLifetime(buffer) {
            var prepared = PreparedImage(buffer[0], kernel: self)
            return prepared.distance(to: buffer[1], cut: cut)
        }
    }
}
