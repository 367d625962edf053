import Domain
import Testing

@testable import Similarity

struct LandmarkSetTests {
    @Test(arguments: KernelPath.supported)
    func `landmarks compare as pairs do, to single precision`(path: KernelPath) {
        var random = SeededGenerator(seed: 8)
        for shape in [(50, 50, 3), (28, 28, 1), (64, 33, 4), (7, 90, 1), (9, 8, 8), (6, 6, 1)].map({
            ImageShape(height: $0.0, width: $0.1, channels: $0.2)
        }) {
            for window in SimilarityWindow.allCases {
                let buffer = PixelBuffer(stride: shape.count, capacity: 6)
                let natural = naturalImage(shape, using: &random)
                buffer.set(0, to: natural.pixels)
                buffer.set(1, to: disturbed(natural, count: shape.count, size: 30, using: &random).pixels)
                buffer.set(2, to: naturalImage(shape, using: &random).pixels)
                buffer.set(3, to: natural.pixels.map { 255 - $0 })
                buffer.set(4, to: natural.pixels.map { _ in 255 })
                buffer.set(5, to: natural.pixels.map { _ in 0 })
                let kernel = PairKernel(metric: .ssim, window: window, shape: shape, path: path)
                let landmarks = LandmarkSet(buffer, count: 6, kernel: kernel)
                var wanted = [Float](repeating: 0, count: kernel.regionCount)
                var pairs = 0
                landmarks.compare((0..<6).map { buffer[$0] }) { row, landmark, parts in
                    pairs += 1
                    wanted.withUnsafeMutableBufferPointer { wanted in
                        guard let base = wanted.baseAddress else { return }
                        PreparedImage(buffer[row], kernel: kernel).regions(of: buffer[landmark], into: base)
                    }
                    for (region, value) in wanted.enumerated() {
                        #expect(abs(parts[region] - value) < 2e-6, "\(shape) \(row) \(landmark)")
                    }
                }
                #expect(pairs == 36)
            }
        }
    }
}
