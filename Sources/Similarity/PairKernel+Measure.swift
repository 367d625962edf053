internal import Domain

/// SSIM, MSE and PSNR: SSIM derives nothing, the others the sum of an image's values, whose difference bounds theirs.
extension PairKernel: DistanceMeasure {
    var contentBytes: Int { shape.count }
    var profileBytes: Int { metric == .ssim ? 0 : MemoryLayout<Int>.size }

    func writeProfile(of content: UnsafePointer<UInt8>, to profile: UnsafeMutableRawPointer) {
        guard metric != .ssim else { return }
        var sum = 0
        for index in 0..<shape.count { sum += Int(content[index]) }
        profile.storeBytes(of: sum, as: Int.self)
    }

    func comparison(with query: MeasuredInput) -> Comparison { Comparison(query, kernel: self) }

    /// An image with its local statistics, shared.
    final class Comparison: DistanceComparison {
        private let kernel: PairKernel
        private let image: PreparedImage
        private let sum: Int

        fileprivate init(_ query: MeasuredInput, kernel: PairKernel) {
            self.kernel = kernel
            image = PreparedImage(query.content, kernel: kernel)
            sum = kernel.metric == .ssim ? 0 : query.profile.load(as: Int.self)
        }

        func lowerBound(to other: MeasuredInput) -> Double {
            guard kernel.metric != .ssim else { return 0 }
            let mean = Double(sum - other.profile.load(as: Int.self)) / (255 * Double(kernel.shape.count))
            return safely(mean * mean)
        }

        func distance(to other: MeasuredInput, cut: Double) -> Double {
            image.distance(to: other.content, cut: cut)
        }
    }
}
