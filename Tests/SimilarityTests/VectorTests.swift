import Domain
import Foundation
import Testing

@testable import Similarity

struct VectorTests {
    private struct Stored: Decodable {
        struct Pair: Decodable {
            let name: String
            let shape: [Int]
            let a: Data
            let b: Data
            let uniform: Double
            let gaussian: Double
            let mse: Double
            let psnr: Double?

            var images: (Image, Image) {
                let shape = ImageShape(height: shape[0], width: shape[1], channels: shape[2])
                return (Image(shape: shape, pixels: Array(a)), Image(shape: shape, pixels: Array(b)))
            }
        }
        let pairs: [Pair]
    }

    private let pairs: [Stored.Pair]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Vectors/vectors.json"
        )
        pairs = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: file)).pairs
        #expect(pairs.count == 56)
    }

    @Test(arguments: KernelPath.supported)
    func `SSIM agrees with scikit-image to 1e-6`(path: KernelPath) {
        for pair in pairs {
            let (a, b) = pair.images
            let uniform = similarityDistance(a, b, window: .uniform, path: path)
            #expect(abs(uniform - (1 - pair.uniform)) < 1e-6, "\(pair.name) \(uniform) \(1 - pair.uniform)")
            let gaussian = similarityDistance(a, b, window: .gaussian, path: path)
            #expect(abs(gaussian - (1 - pair.gaussian)) < 1e-6, "\(pair.name) \(gaussian)")
        }
    }

    @Test func `MSE and PSNR agree with scikit-image`() {
        for pair in pairs {
            let (a, b) = pair.images
            for path in KernelPath.supported {
                let distance = similarityDistance(a, b, metric: .mse, path: path)
                #expect(abs(distance - pair.mse / 65025) < 1e-12)
                #expect(similarityDistance(a, b, metric: .psnr, path: path) == distance)
                if let psnr = pair.psnr {
                    #expect(abs(SimilarityMetric.decibels(ofDistance: distance) - psnr) < 1e-9)
                }
            }
        }
    }

    @Test func `every build gives the same bits, and an abandoned pair is beyond the cut`() {
        for pair in pairs {
            let (a, b) = pair.images
            for (metric, window) in [
                (SimilarityMetric.ssim, SimilarityWindow.uniform), (.ssim, .gaussian), (.mse, .uniform),
            ] {
                let exact = similarityDistance(a, b, metric: metric, window: window, path: .baseline)
                for path in KernelPath.supported {
                    let kernel = PairKernel(metric: metric, window: window, shape: a.shape, path: path)
                    #expect(kernel.distance(a, b).bitPattern == exact.bitPattern)
                    for cut in [0, exact / 2, exact.nextDown, exact, exact.nextUp, exact * 2] {
                        let found = kernel.distance(a, b, cut: cut)
                        #expect(found == (exact <= cut ? exact : .infinity))
                    }
                }
            }
        }
    }

    @Test func `psnr of equal images is infinite`() {
        #expect(SimilarityMetric.decibels(ofDistance: 0) == .infinity)
    }
}
