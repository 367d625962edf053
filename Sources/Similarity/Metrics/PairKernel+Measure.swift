internal import Domain

/// SSIM, MSE and PSNR: nothing is derived, and signatures are their bound.
extension PairKernel: DistanceMeasure {
    var contentBytes: Int { shape.count }
    var profileBytes: Int { 0 }

    func writeProfile(of content: UnsafePointer<UInt8>, to profile: UnsafeMutableRawPointer) {}

    func comparison(with query: MeasuredInput) -> Comparison { Comparison(query, kernel: self) }

    /// An image with its local statistics, shared.
    final class Comparison: DistanceComparison {
        private var image: PreparedImage

        fileprivate init(_ query: MeasuredInput, kernel: PairKernel) {
            image = PreparedImage(query.content, kernel: kernel)
        }

        func lowerBound(to other: MeasuredInput) -> Double { 0 }

        func distance(to other: MeasuredInput, cut: Double) -> Double {
            image.distance(to: other.content, cut: cut)
        }
    }
}
