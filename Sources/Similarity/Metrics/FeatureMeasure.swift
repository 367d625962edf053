internal import CSimilarity
package import Domain

/// |a - b| / (|a| + |b|) of feature vectors; contents are the vectors' bytes, profiles their norms.
struct FeatureMeasure: DistanceMeasure {
    /// The features of a vector.
    let dimension: Int
    let path: KernelPath

    var metric: SimilarityMetric { .features }
    var contentBytes: Int { dimension * MemoryLayout<Float>.size }
    var profileBytes: Int { MemoryLayout<Double>.size }

    func writeProfile(of content: UnsafePointer<UInt8>, to profile: UnsafeMutableRawPointer) {
        let values = UnsafeRawPointer(content)
        var sum = 0.0
        for index in 0..<dimension {
            let value = Double(values.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
            sum += value * value
        }
        profile.storeBytes(of: sum.squareRoot(), as: Double.self)
    }

    func comparison(with query: MeasuredInput) -> Comparison {
        Comparison(measure: self, content: query.content, norm: query.profile.load(as: Double.self))
    }

    /// A vector and its norm.
    struct Comparison: DistanceComparison {
        fileprivate let measure: FeatureMeasure
        fileprivate let content: UnsafePointer<UInt8>
        fileprivate let norm: Double

        func lowerBound(to other: MeasuredInput) -> Double {
            let otherNorm = other.profile.load(as: Double.self)
            let sum = norm + otherNorm
            return sum > 0 ? safely(abs(norm - otherNorm) / sum) : 0
        }

        func distance(to other: MeasuredInput, cut: Double) -> Double {
            let sum = norm + other.profile.load(as: Double.self)
            guard sum > 0 else { return 0 <= cut ? 0 : .infinity }
            // Rounding may lead beyond 1.
            let kernelCut = cut < 1 ? cut : .infinity
            let distance = similarity_euclidean(
                measure.path.rawValue,
                content,
                other.content,
                measure.dimension,
                sum,
                kernelCut
            )
            return distance <= kernelCut ? min(1, distance) : .infinity
        }
    }
}

extension Image {
    /// The bytes of a feature vector, so that a history keeps it as it keeps pixels: 1 x features x 4 bytes.
    ///
    /// - Parameter vector: features; nil comes of none, and of ones that are not finite.
    init?(vector: [Float]) {
        guard !vector.isEmpty, vector.allSatisfy(\.isFinite) else { return nil }
        self.init(
            shape: ImageShape(height: 1, width: vector.count, channels: MemoryLayout<Float>.size),
            pixels: vector.withUnsafeBytes(Array.init)
        )
    }
}

extension SimilarityMetric {
    /// What this metric compares of a record.
    ///
    /// - Parameters:
    ///   - image: the record's input, where logged.
    ///   - features: its features, where logged.
    /// - Returns: the image, or for `features` the vector's bytes; nil where the record lacks it.
    package func content(image: Image?, features: [Float]?) -> Image? {
        self == .features ? features.flatMap(Image.init(vector:)) : image
    }
}
