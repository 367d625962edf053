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
        for index in 0..<12_000 { wear.add(near[index % 40].pointee, basis) }
        #expect(!wear.isWorn)
        for index in 0..<8000 { wear.add(far[index % 40].pointee, basis) }
        #expect(wear.isWorn)
        // Where images look like that from the start, another basis would say no more.
        var other = BasisWear()
        for index in 0..<16_000 { other.add(far[index % 40].pointee, basis) }
        #expect(!other.isWorn)
    }

    @Test func `near-duplicates and repeats wear no basis`() async {
        let shape = ImageShape(height: 20, width: 20, channels: 1)
        var random = SeededGenerator(seed: 8)
        let limits = HistoryLimits(entries: 20_000)
        let configuration = SimilarityConfiguration(metric: .ssim, threshold: 0.1, cap: 0.3, history: limits)
        let detector = SimilarityDetector(configuration: configuration, method: .signed(images: 64))
        func observe(_ images: [Image], from sequence: Int) async -> [SimilarityFinding] {
            let batch = images.enumerated().map { index, image in
                SimilarityInput(
                    sequence: Int64(sequence + index),
                    record: RecordID("r\(sequence + index)"),
                    user: UserID("u"),
                    time: Timestamp(milliseconds: Int64(sequence + index)),
                    image: image,
                    prediction: prediction(using: &random)
                )
            }
            return await detector.observe(batch, forEach: SignatureTests.parallel).map(\.model)
        }
        // What a basis is learnt from tells nothing of what came later.
        _ = await observe((0..<100).map { _ in naturalImage(shape, using: &random) }, from: 1)
        let first = (0..<200).map { _ in naturalImage(shape, using: &random) }
        let found = await observe(first, from: 500)
        var noted: Int? { detector.lines[shape]?.history.index.wear.first.count }
        #expect(noted == found.count { $0.nearest == nil } && noted ?? 0 > 50)
        let before = noted
        let near = first.prefix(40).map { disturbed($0, count: shape.count / 20, size: 3, using: &random) }
        let all = await observe(near + first.prefix(40), from: 1000)
        #expect(all.allSatisfy { $0.nearest != nil || $0.exactRepeats > 0 })
        #expect(noted == before)
    }
}
