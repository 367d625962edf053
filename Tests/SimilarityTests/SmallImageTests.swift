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
}
