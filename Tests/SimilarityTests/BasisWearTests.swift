import Domain
import Testing

@testable import Similarity

struct BasisWearTests {
    @Test func `a basis is worn when later images leave more of themselves than those that came first`() {
        let shape = ImageShape(height: 16, width: 16, channels: 1)
        let images = traffic(40, shapes: [shape], seed: 5).map(\.image)
        var random = SeededGenerator(seed: 6)
        let (known, noise) = (
            PixelBuffer(stride: shape.count, capacity: 40), PixelBuffer(stride: shape.count, capacity: 40)
        )
        for (index, image) in images.enumerated() {
            known.set(index, to: image.pixels)
            noise.set(index, to: (0..<shape.count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        let kernel = PairKernel(metric: .ssim, window: .uniform, shape: shape, path: .best)
        let basis = SignatureBasis(sample: known, count: 40, kernel: kernel)
        let (near, far) = (SignatureTable(count: 40), SignatureTable(count: 40))
        basis.sign((0..<40).map { known[$0] }, into: near[0])
        basis.sign((0..<40).map { noise[$0] }, into: far[0])
        var wear = BasisWear()
        for _ in 0..<300 { wear.add(near, basis) }
        #expect(!wear.isWorn)
        for _ in 0..<200 { wear.add(far, basis) }
        #expect(wear.isWorn)
        // Where images look like that from the start, another basis would say no more.
        var other = BasisWear()
        for _ in 0..<400 { other.add(far, basis) }
        #expect(!other.isWorn)
    }
}
