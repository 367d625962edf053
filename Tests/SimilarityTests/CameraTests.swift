import Domain
import Testing

@testable import Similarity

#if canImport(Glibc)
    import Glibc
#endif

struct CameraTests {
    /// The share of the squared difference.
    private func unexplained(_ later: Image, since earlier: Image) -> Double {
        let share = SimilarityTests.unexplained(later, since: earlier, metric: .ssim)
        return share * share
    }

    /// A smooth scene, looked at from a place, with values far from black and white.
    private func scene(_ shape: ImageShape, moved: Double = 0) -> [Double] {
        (0..<shape.height).flatMap { y in
            (0..<shape.width).flatMap { x in
                (0..<shape.channels).map { channel in
                    let (u, v) = (Double(x) + moved, Double(y) - moved / 2)
                    let first = sin(u / 3 + Double(channel)) * cos(v / 4)
                    return 128 + 40 * first + 25 * sin((u + 2 * v) / 5)
                }
            }
        }
    }

    /// Half of each value from its four neighbours; the outermost stay.
    private func blurred(_ values: [Double], _ shape: ImageShape) -> [Double] {
        var result = values
        let row = shape.width * shape.channels
        for place in values.indices {
            let (y, x) = (place / row, place % row / shape.channels)
            guard 1..<(shape.height - 1) ~= y, 1..<(shape.width - 1) ~= x else { continue }
            let beside = values[place - shape.channels] + values[place + shape.channels]
            result[place] = values[place] / 2 + (beside + values[place - row] + values[place + row]) / 8
        }
        return result
    }

    private func image(_ shape: ImageShape, _ values: [Double]) -> Image {
        Image(shape: shape, pixels: values.map { UInt8(min(255, max(0, $0.rounded()))) })
    }

    private static let shapes = [
        ImageShape(height: 28, width: 28, channels: 1), ImageShape(height: 50, width: 50, channels: 3),
        ImageShape(height: 9, width: 300, channels: 4),
    ]

    @Test(arguments: shapes)
    func `what cameras do is explained, and what attacks do is not`(shape: ImageShape) {
        var random = SeededGenerator(seed: 5)
        let smooth = scene(shape)
        let values = smooth.map { $0 + Double.random(in: -30...30, using: &random) }
        let earlier = image(shape, values)
        func share(_ changed: [Double]) -> Double { unexplained(image(shape, changed), since: earlier) }
        #expect(share(values.map { $0 * 1.15 - 12 }) < 0.01)
        #expect(share(values.map { $0 * 0.9 + 20 }) < 0.01)
        #expect(share(blurred(values, shape)) < 0.05)
        #expect(unexplained(image(shape, scene(shape, moved: 0.3)), since: image(shape, smooth)) < 0.06)
        let steps = values.map { $0 + (Bool.random(using: &random) ? 8 : -8) }
        #expect(share(steps) > 0.85)
        // A step on top of a change of the light is as large as it was, and a smaller share.
        let lit = zip(values, steps).map { ($0 * 1.15 - 12) + ($1 - $0) }
        #expect(0.3..<0.6 ~= share(lit))
        var sparse = values
        sparse[(shape.width * 4 + 4) * shape.channels] += 60
        #expect(share(sparse) > 0.9)
    }

    @Test func `white balance is each channel's own`() {
        let shape = Self.shapes[1]
        let values = scene(shape)
        let cast = values.enumerated().map { $1 * [1.1, 1, 0.9][$0 % 3] }
        #expect(unexplained(image(shape, cast), since: image(shape, values)) < 0.01)
    }

    @Test func `agrees with least squares`() {
        var random = SeededGenerator(seed: 11)
        for shape in [
            ImageShape(height: 3, width: 3, channels: 1), ImageShape(height: 3, width: 40, channels: 2),
            ImageShape(height: 14, width: 11, channels: 3), ImageShape(height: 5, width: 300, channels: 1),
        ] {
            for _ in 0..<8 {
                let earlier = naturalImage(shape, using: &random)
                let later = disturbed(earlier, count: shape.count / 2, size: 30, using: &random)
                let expected = slowUnexplained(later, since: earlier)
                #expect(abs(unexplained(later, since: earlier) - expected) < 1e-6, "\(shape)")
            }
        }
    }

    @Test func `agrees with least squares on values between grey levels`() {
        var random = SeededGenerator(seed: 12)
        for shape in [
            ImageShape(height: 3, width: 3, channels: 1), ImageShape(height: 14, width: 11, channels: 3),
            ImageShape(height: 5, width: 300, channels: 1),
        ] {
            for round in 0..<8 {
                let earlier = naturalImage(shape, using: &random)
                let fractions = earlier.pixels.map { _ in Int8.random(in: -128...127, using: &random) }
                let later = Image(shape: shape, pixels: earlier.pixels, fractions: fractions)
                let other = Image(
                    shape: shape,
                    pixels: disturbed(earlier, count: shape.count / 2, size: 30, using: &random).pixels,
                    fractions: round % 2 == 0 ? nil : fractions.reversed()
                )
                for (one, two) in [(later, earlier), (earlier, later), (other, later)] {
                    let expected = slowUnexplained(one, since: two)
                    #expect(abs(unexplained(one, since: two) - expected) < 1e-6, "\(shape)")
                }
            }
        }
    }

    @Test func `nothing is explained where nothing can be`() {
        let shape = Self.shapes[0]
        let earlier = image(shape, scene(shape))
        #expect(unexplained(earlier, since: earlier) == 1)
        var border = earlier.pixels
        border[3] = 255
        #expect(unexplained(Image(shape: shape, pixels: border), since: earlier) == 1)
        let thin = ImageShape(height: 2, width: 50, channels: 1)
        let one = Image(shape: thin, pixels: Array(repeating: 9, count: 100))
        #expect(unexplained(Image(shape: thin, pixels: Array(repeating: 10, count: 100)), since: one) == 1)
        // A flat image can only have become brighter.
        let flat = Image(shape: shape, pixels: Array(repeating: 90, count: 784))
        #expect(unexplained(Image(shape: shape, pixels: Array(repeating: 94, count: 784)), since: flat) == 0)
    }
}
