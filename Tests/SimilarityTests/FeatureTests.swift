import Domain
import Testing

@testable import Similarity

struct FeatureTests {
    private func vector(_ count: Int, using random: inout SeededGenerator) -> [Float] {
        let scale = Float.random(in: 0.01...100, using: &random)
        return (0..<count).map { _ in max(0, Float.random(in: -1...1, using: &random)) * scale }
    }

    /// From the definition.
    private func slow(_ a: [Float], _ b: [Float]) -> Double {
        func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let (x, y) = (a.map(Double.init), b.map(Double.init))
        let sum = norm(x) + norm(y)
        return sum == 0 ? 0 : norm(zip(x, y).map { $0 - $1 }) / sum
    }

    @Test(arguments: [1, 2, 15, 16, 17, 128, 300])
    func `is the relative Euclidean distance, the same bits on every path`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        for _ in 0..<40 {
            let (a, b) = (vector(count, using: &random), vector(count, using: &random))
            let distance = featureDistance(a, b, path: .baseline)
            #expect(abs(distance - slow(a, b)) < 1e-12)
            #expect((0...1).contains(distance))
            let (first, second) = (Image(vector: a)?.pixels ?? [], Image(vector: b)?.pixels ?? [])
            for path in KernelPath.supported {
                #expect(featureDistance(b, a, path: path).bitPattern == distance.bitPattern)
                #expect(featureDistance(a, a, path: path) == 0)
                let measure = FeatureMeasure(dimension: count, path: path)
                for cut in [0, distance / 2, distance.nextDown, distance, distance.nextUp, 1, 2] {
                    let found = measure.distance(first, second, cut: cut)
                    #expect(found == (distance <= cut ? distance : .infinity))
                }
            }
        }
    }

    @Test func `obeys the triangle inequality`() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<500 {
            let (a, b, c) = (
                vector(5, using: &random), vector(5, using: &random), vector(5, using: &random)
            )
            #expect(featureDistance(a, c) <= featureDistance(a, b) + featureDistance(b, c) + 1e-12)
        }
    }

    @Test func `extreme vectors have a distance, and unusable ones have none`() {
        let largest = [Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude]
        #expect(featureDistance(largest, largest.map { -$0 }) == 1)
        #expect(featureDistance([0, 0], [0, 0]) == 0)
        #expect(featureDistance([0, 0], [0, .leastNonzeroMagnitude]) == 1)
        #expect(featureDistance([1, 2], [1, 2, 3]) == .infinity)
        #expect(featureDistance([.nan, 2], [1, 2]) == .infinity)
        #expect(featureDistance([], []) == .infinity)
    }

    @Test func `a metric compares what it is for`() {
        let image = Image(shape: ImageShape(height: 1, width: 1, channels: 1), pixels: [9])
        #expect(SimilarityMetric.ssim.content(image: image, features: [1]) == image)
        #expect(SimilarityMetric.fsim.content(image: nil, features: [1]) == nil)
        #expect(SimilarityMetric.features.content(image: image, features: nil) == nil)
        #expect(SimilarityMetric.features.content(image: image, features: [.infinity]) == nil)
        let content = SimilarityMetric.features.content(image: nil, features: [1, -2])
        #expect(content?.pixels == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    }
}
