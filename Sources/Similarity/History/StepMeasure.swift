internal import CSimilarity
internal import Domain

/// A content as it was sent: whole grey levels, or bytes of vectors, and what lies between grey levels.
struct StepContent {
    /// Readable for `SIMILARITY_PADDING` bytes beyond its end.
    let pixels: UnsafePointer<UInt8>
    /// What the values lie above pixels, in 256ths of a grey level; nil where nothing.
    var fractions: UnsafePointer<Int8>?
}

/// Says how large the change from one content to another is, whatever the metric of the search: of images the root mean
/// square of the difference in grey levels, and how much of it no camera makes; of vectors the distance in hundredths.
struct StepMeasure: Sendable {
    /// The variance that rounding to whole grey levels adds: without it a step that is too small for the grey scale would
    /// be divided by next to nothing.
    private static let rounding = 1.0 / 12

    private let shape: ImageShape
    private let vectors: FeatureMeasure?
    private let path: KernelPath

    init(metric: SimilarityMetric, shape: ImageShape, path: KernelPath) {
        self.shape = shape
        self.path = path
        vectors = metric == .features ? FeatureMeasure(dimension: shape.width, path: path) : nil
    }

    /// How steeply a class fell, in nats per unit of change.
    ///
    /// - Parameters:
    ///   - oddsRatio: the class's odds before over now, above 1.
    ///   - first: the earlier content.
    ///   - second: the later content.
    /// - Returns: above 0.
    func slope(oddsRatio: Double, from first: StepContent, to second: StepContent) -> Double {
        similarity_log(oddsRatio) / (squaredLength(first, second) + Self.rounding).squareRoot()
    }

    /// What share of a change, as a root mean square, no camera makes.
    ///
    /// - Parameters:
    ///   - first: the earlier content.
    ///   - second: the later content.
    /// - Returns: 0 … 1; 1 for vectors.
    func unexplained(from first: StepContent, to second: StepContent) -> Double {
        guard vectors == nil else { return 1 }
        let (height, width, channels) = (Int32(shape.height), Int32(shape.width), Int32(shape.channels))
        guard isFine(first, second) else {
            return similarity_unexplained(second.pixels, first.pixels, height, width, channels).squareRoot()
        }
        return similarity_fine_unexplained(
            second.pixels,
            second.fractions,
            first.pixels,
            first.fractions,
            height,
            width,
            channels
        ).squareRoot()
    }

    private func isFine(_ first: StepContent, _ second: StepContent) -> Bool {
        first.fractions != nil || second.fractions != nil
    }

    private func squaredLength(_ first: StepContent, _ second: StepContent) -> Double {
        if let vectors {
            let distance = 100 * vectors.distance(first.pixels, second.pixels)
            return distance * distance
        }
        guard isFine(first, second) else {
            return similarity_mse(path.rawValue, first.pixels, second.pixels, shape.count, .infinity)
                * (255 * 255)
        }
        return similarity_fine_mse(
            second.pixels,
            second.fractions,
            first.pixels,
            first.fractions,
            shape.count
        )
    }
}

extension FeatureMeasure {
    /// The distance of two vectors whose norms are not at hand.
    fileprivate func distance(_ first: UnsafePointer<UInt8>, _ second: UnsafePointer<UInt8>) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2) { norms in
            guard let base = norms.baseAddress else { return .infinity }
            writeProfile(of: first, to: UnsafeMutableRawPointer(base))
            writeProfile(of: second, to: UnsafeMutableRawPointer(base + 1))
            let one = MeasuredInput(content: first, profile: UnsafeRawPointer(base))
            let other = MeasuredInput(content: second, profile: UnsafeRawPointer(base + 1))
            return comparison(with: one).distance(to: other, cut: .infinity)
        }
    }
}
