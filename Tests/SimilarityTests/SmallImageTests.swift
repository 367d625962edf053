import Domain
import Testing

@testable import Similarity

struct SmallImageTests {
    private static let shapes = [
        (1, 1, 1), (1, 9, 3), (2, 5, 3), (3, 3, 1), (4, 9, 2), (6, 30, 3), (7, 7, 1), (10, 10, 1),
        (12, 11, 4), (8, 40, 5),
    ].map { ImageShape(height: $0.0, width: $0.1, channels: $0.2) }

    @Test(arguments: shapes)
    func `small images use the largest odd window that fits`(shape: ImageShape) {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20 {
            let a = naturalImage(shape, using: &random)
            for b in [
                naturalImage(shape, using: &random),
                disturbed(a, count: shape.count, size: 9, using: &random),
                Image(shape: shape, pixels: a.pixels.map { 255 - $0 }),
            ] {
                for window in SimilarityWindow.allCases {
                    let slow = 1 - slowSSIM(a, b, gaussian: window == .gaussian)
                    let fast = similarityDistance(a, b, window: window)
                    #expect(abs(slow - fast) < 1e-6, "\(shape) \(window) \(slow) \(fast)")
                    for path in KernelPath.supported {
                        #expect(similarityDistance(a, b, window: window, path: path) == fast)
                    }
                }
            }
        }
    }

    @Test func `different shapes have no distance`() {
        let a = Image(shape: ImageShape(height: 1, width: 2, channels: 1), pixels: [1, 2])
        let b = Image(shape: ImageShape(height: 2, width: 1, channels: 1), pixels: [1, 2])
        #expect(similarityDistance(a, b) == .infinity)
    }

    @Test(arguments: SimilarityWindow.allCases)
    func `parts by region sum to SSIM`(window: SimilarityWindow) {
        var random = SeededGenerator(seed: 6)
        for shape in [(50, 50, 3), (28, 28, 1), (9, 8, 2), (3, 4, 3)].map({
            ImageShape(height: $0.0, width: $0.1, channels: $0.2)
        }) {
            let buffer = PixelBuffer(stride: shape.count, capacity: 2)
            let a = naturalImage(shape, using: &random)
            buffer.set(0, to: a.pixels)
            buffer.set(1, to: disturbed(a, count: shape.count, size: 30, using: &random).pixels)
            for path in KernelPath.supported {
                let kernel = PairKernel(metric: .ssim, window: window, shape: shape, path: path)
                let prepared = PreparedImage(buffer[0], kernel: kernel)
                var parts = [Float](repeating: .nan, count: kernel.regionCount)
                parts.withUnsafeMutableBufferPointer { parts in
                    guard let base = parts.baseAddress else { return }
                    prepared.regions(of: buffer[1], into: base)
                }
                let sum = parts.reduce(0) { $0 + Double($1) }
                #expect(abs(1 - sum - prepared.distance(to: buffer[1])) < 1e-5)
            }
        }
    }
}
