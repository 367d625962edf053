import Domain
import Testing

@testable import Similarity

struct SignatureTests {
    private static func serial(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        for index in 0..<count { body(index) }
    }

    @Test(arguments: SimilarityWindow.allCases)
    func `signatures never exceed the distance, whatever the landmarks`(window: SimilarityWindow) async {
        for shape in [(16, 20, 3), (12, 12, 1), (9, 8, 2)].map({
            ImageShape(height: $0.0, width: $0.1, channels: $0.2)
        }) {
            let images = traffic(60, shapes: [shape], seed: 21).map(\.image)
            let buffer = PixelBuffer(stride: shape.count, capacity: images.count)
            for (index, image) in images.enumerated() { buffer.set(index, to: image.pixels) }
            for path in Set([KernelPath.baseline, .best]) {
                let kernel = PairKernel(metric: .ssim, window: window, shape: shape, path: path)
                let basis = await SignatureBasis(
                    sample: buffer,
                    count: 40,
                    kernel: kernel,
                    landmarkCount: 12,
                    forEach: Self.serial
                )
                let length = signatureLength
                var signatures = [Int16](repeating: 0, count: images.count * length)
                signatures.withUnsafeMutableBufferPointer { signatures in
                    guard let base = signatures.baseAddress else { return }
                    for first in stride(from: 0, to: images.count, by: 5) {
                        let range = first..<first + 5
                        basis.sign(range.map { buffer[$0] }, into: range.map { base + $0 * length })
                    }
                }
                var slack = 0
                for one in images.indices {
                    let prepared = PreparedImage(buffer[one], kernel: kernel)
                    for other in images.indices {
                        let distance = prepared.distance(to: buffer[other])
                        let bound = (0..<length).reduce(0) { sum, index in
                            let difference =
                                Int(signatures[one * length + index])
                                - Int(signatures[other * length + index])
                            return sum + difference * difference
                        }
                        #expect(bound <= Int(SignatureBasis.limit(forCut: distance)))
                        if bound * 2 < Int(SignatureBasis.limit(forCut: distance)) { slack += 1 }
                    }
                }
                // They also say something: most bounds are within a factor of two.
                #expect(slack < images.count * images.count / 2, "\(shape) \(slack)")
            }
        }
    }

    @Test(arguments: SimilarityWindow.allCases)
    func `a search with signatures equals brute force`(window: SimilarityWindow) async {
        let shapes = [
            ImageShape(height: 16, width: 20, channels: 3), ImageShape(height: 12, width: 12, channels: 1),
        ]
        for (seed, limits) in [(0.1, 0.3), (0.01, 0.02), (0.3, 0.6)].enumerated() {
            let configuration = SimilarityConfiguration(
                window: window,
                threshold: limits.0,
                cap: limits.1,
                history: HistoryLimits(entries: 140)
            )
            let inputs = traffic(294, shapes: shapes, seed: UInt64(90 + seed))
            let brute = SimilarityDetector(configuration: configuration, method: .bruteForce)
            let signed = SimilarityDetector(
                configuration: configuration,
                method: .signed(images: 40, landmarks: 10)
            )
            for first in stride(from: 0, to: inputs.count, by: 21) {
                let batch = Array(inputs[first..<first + 21])
                let expected = await brute.observe(batch, forEach: Self.serial)
                let found = await signed.observe(batch, forEach: Self.serial)
                for (a, b) in zip(expected, found) {
                    #expect(a.user == b.user)
                    #expect(a.model == b.model)
                }
            }
        }
    }
}
