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

    @Test(
        arguments: shapes
            + [(50, 50, 3), (28, 28, 1)].map { ImageShape(height: $0.0, width: $0.1, channels: $0.2) }
    )
    func `statistics of both images change nothing`(shape: ImageShape) {
        var random = SeededGenerator(seed: 6)
        let first = naturalImage(shape, using: &random)
        let images = [
            first, naturalImage(shape, using: &random),
            Image(shape: shape, pixels: first.pixels.map { 255 - $0 }),
            disturbed(first, count: shape.count, size: 4, using: &random),
            Image(shape: shape, pixels: Array(repeating: 255, count: shape.count)),
        ]
        let buffer = PixelBuffer(stride: shape.count, capacity: images.count)
        for (index, image) in images.enumerated() { buffer.set(index, to: image.pixels) }
        for window in SimilarityWindow.allCases {
            for path in KernelPath.supported {
                let kernel = PairKernel(metric: .ssim, window: window, shape: shape, path: path)
                let statistics = StatisticsMemory()
                let size = (kernel.statisticsBytes + 63) & ~63
                func own(_ index: Int) -> UnsafeRawPointer {
                    UnsafeRawPointer(statistics.base + index * size)
                }
                for index in images.indices {
                    kernel.writeStatistics(of: buffer[index], to: statistics.base + index * size)
                }
                for (one, other) in images.indices.flatMap({ one in images.indices.map { (one, $0) } }) {
                    var alone = PreparedImage(buffer[one], kernel: kernel)
                    var together = PreparedImage(buffer[one], kernel: kernel, shared: own(one))
                    let distance = alone.distance(to: buffer[other])
                    #expect(together.distance(to: buffer[other]) == distance)
                    #expect(together.distance(to: buffer[other], own: own(other)) == distance)
                    let cut = distance * Double.random(in: 0.2..<1.5, using: &random)
                    let bounded = alone.distance(to: buffer[other], cut: cut)
                    #expect(together.distance(to: buffer[other], own: own(other), cut: cut) == bounded)
                }
            }
        }
    }

    @Test func `different shapes have no distance`() {
        let a = Image(shape: ImageShape(height: 1, width: 2, channels: 1), pixels: [1, 2])
        let b = Image(shape: ImageShape(height: 2, width: 1, channels: 1), pixels: [1, 2])
        #expect(similarityDistance(a, b) == .infinity)
    }
}
