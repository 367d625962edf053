import Domain
import Foundation
import Testing

@testable import Similarity

/// A picture without edges that can be looked at from anywhere: what no resampling spoils.
private struct Picture {
    private let waves: [(u: Double, v: Double, phase: Double, height: Double)]

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        waves = (0..<12).map { _ in
            (
                .random(in: -3...3, using: &random), .random(in: -3...3, using: &random),
                .random(in: 0...6, using: &random), .random(in: 5...18, using: &random)
            )
        }
    }

    /// The picture through z -> m z + t, in units of half the longer side; lit by `gain`, with grain of `noise`.
    func view(
        _ shape: ImageShape,
        scale: Double = 1,
        turn: Double = 0,
        shift: (u: Double, v: Double) = (0, 0),
        gain: Double = 1,
        noise: Double = 0,
        seed: UInt64 = 1
    ) -> Image {
        var random = SeededGenerator(seed: seed)
        let half = Double(max(shape.height, shape.width)) / 2
        var pixels: [UInt8] = []
        for row in 0..<shape.height {
            for column in 0..<shape.width {
                let x = (Double(column) + 0.5 - Double(shape.width) / 2) / half
                let y = (Double(row) + 0.5 - Double(shape.height) / 2) / half
                let u = scale * (x * cos(turn) - y * sin(turn)) + shift.u
                let v = scale * (x * sin(turn) + y * cos(turn)) + shift.v
                let level = waves.reduce(120) { $0 + $1.height * sin($1.u * u + $1.v * v + $1.phase) }
                for _ in 0..<shape.channels {
                    let grain = noise > 0 ? Double.random(in: -noise...noise, using: &random) : 0
                    pixels.append(UInt8(max(0, min(255, (level * gain + grain).rounded()))))
                }
            }
        }
        return Image(shape: shape, pixels: pixels)
    }
}

private let shapes = [
    ImageShape(height: 28, width: 28, channels: 1), ImageShape(height: 50, width: 50, channels: 3),
    ImageShape(height: 40, width: 60, channels: 3), ImageShape(height: 224, width: 160, channels: 1),
]

struct SceneTests {
    @Test func `a scene is smoothed area means`() {
        var random = SeededGenerator(seed: 3)
        for shape in shapes + [
            ImageShape(height: 1, width: 1, channels: 1), ImageShape(height: 5, width: 17, channels: 3),
            ImageShape(height: 16, width: 32, channels: 4),
        ] {
            let image = naturalImage(shape, using: &random)
            let plan = ScenePlan(shape: shape, path: .best)
            let found = scene(of: image, by: plan)
            let expected = slowScene(image)
            for (one, other) in zip(found, expected) { #expect(abs(Double(one) - other) < 1e-3) }
        }
    }

    /// By the definition: a cell's mean is the integral of the image over it.
    private func slowScene(_ image: Image) -> [Double] {
        let shape = image.shape
        func overlap(_ cell: Int, _ pixel: Int, _ count: Int) -> Double {
            let size = Double(count) / 16
            return max(
                0,
                min(Double(cell + 1) * size, Double(pixel + 1)) - max(Double(cell) * size, Double(pixel))
            )
        }
        var means = [Double](repeating: 0, count: 256)
        for cell in 0..<256 {
            for row in 0..<shape.height {
                let down = overlap(cell / 16, row, shape.height)
                guard down > 0 else { continue }
                for column in 0..<shape.width {
                    let start = (row * shape.width + column) * shape.channels
                    let grey = image.pixels[start..<start + shape.channels].reduce(0) { $0 + Double($1) }
                    means[cell] += down * overlap(cell % 16, column, shape.width) * grey
                }
            }
            means[cell] *= 256 / Double(shape.count)
        }
        func smoothed(_ values: [Double], _ step: Int, _ other: Int) -> [Double] {
            (0..<256).map { cell in
                let place = cell / step % 16
                let line = cell - place * step
                func at(_ index: Int) -> Double { values[line + max(0, min(15, index)) * step] }
                return (at(place - 1) + 2 * at(place) + at(place + 1)) / 4
            }
        }
        return smoothed(smoothed(means, 1, 16), 16, 1)
    }

    @Test(arguments: shapes)
    func `registration finds the motion between two views`(shape: ImageShape) {
        var random = SeededGenerator(seed: 11)
        let plan = ScenePlan(shape: shape, path: .best)
        var missed = 0
        for seed in 0..<20 {
            let picture = Picture(seed: UInt64(seed) + 100)
            let scale = Double.random(in: 0.93...1.07, using: &random)
            let turn = Double.random(in: -0.12...0.12, using: &random)
            let shift = (
                u: Double.random(in: -0.2...0.2, using: &random),
                v: Double.random(in: -0.2...0.2, using: &random)
            )
            let first = picture.view(shape)
            let second = picture.view(
                shape,
                scale: scale,
                turn: turn,
                shift: shift,
                gain: .random(in: 0.9...1.1, using: &random),
                noise: 6
            )
            let (query, other) = (scene(of: second, by: plan), scene(of: first, by: plan))
            guard let motion = plan.withRegistration(to: query, { $0(other) }) else {
                missed += 1
                continue
            }
            // A cell is an eighth of half the longer side.
            #expect(abs(motion.vector[0] - shift.u * 8) < 0.5, "\(shape) \(seed)")
            #expect(abs(motion.vector[1] - shift.v * 8) < 0.5)
            #expect(abs(motion.vector[2] - (scale * cos(turn) - 1) * radius(shape)) < 0.5)
            #expect(abs(motion.vector[3] - scale * sin(turn) * radius(shape)) < 0.5)
        }
        #expect(missed <= 1)
    }

    private func radius(_ shape: ImageShape) -> Double { ScenePlan(shape: shape, path: .best).radius }

    @Test func `every build registers to the same bits, and a motion is what it says`() {
        var random = SeededGenerator(seed: 5)
        var matches = 0
        for round in 0..<60 {
            let shape = shapes[round % shapes.count]
            let picture = Picture(seed: UInt64(round / 2))
            let views = (0..<2).map { index in
                picture.view(
                    shape,
                    scale: .random(in: 0.8...1.2, using: &random),
                    turn: .random(in: -0.2...0.2, using: &random),
                    shift: (.random(in: -0.3...0.3, using: &random), .random(in: -0.3...0.3, using: &random)),
                    noise: round % 3 == 0 ? 30 : 0,
                    seed: UInt64(index)
                )
            }
            let motions = KernelPath.supported.map { path in
                let plan = ScenePlan(shape: shape, path: path)
                return plan.withRegistration(to: scene(of: views[0], by: plan)) {
                    $0(scene(of: views[1], by: plan))
                }
            }
            for motion in motions { #expect(motion == motions[0]) }
            guard let motion = motions[0] else { continue }
            matches += 1
            let plan = ScenePlan(shape: shape, path: .best)
            let left = slowResidual(
                scene(of: views[0], by: plan),
                scene(of: views[1], by: plan),
                motion.vector,
                shape
            )
            #expect(abs(left - motion.residual) < 1e-3, "\(left) \(motion.residual)")
        }
        #expect(matches > 15 && matches < 60)
    }

    /// What is left when `scene` is moved by `vector`, in double precision.
    private func slowResidual(
        _ query: [Float],
        _ scene: [Float],
        _ vector: SIMD4<Double>,
        _ shape: ImageShape
    ) -> Double {
        let longer = Double(max(shape.height, shape.width))
        let (across, down) = (Double(shape.width) / longer, Double(shape.height) / longer)
        let (re, im) = (1 + vector[2] / radius(shape), vector[3] / radius(shape))
        func taper(_ index: Int) -> Double { min(1, (Double(min(index, 15 - index)) + 0.5) / 3.2) }
        var weights: [Double] = []
        var moved: [Double] = []
        for cell in 0..<256 {
            weights.append(taper(cell % 16) * taper(cell / 16))
            let (u, v) = ((Double(cell % 16) - 7.5) * across, (Double(cell / 16) - 7.5) * down)
            let x = max(0, min(14.999, (re * u - im * v + vector[0]) / across + 7.5))
            let y = max(0, min(14.999, (im * u + re * v + vector[1]) / down + 7.5))
            func at(_ row: Int, _ column: Int) -> Double { Double(scene[row * 16 + column]) }
            let (row, column) = (Int(y), Int(x))
            let (fx, fy) = (x - Double(column), y - Double(row))
            moved.append(
                (at(row, column) * (1 - fx) + at(row, column + 1) * fx) * (1 - fy)
                    + (at(row + 1, column) * (1 - fx) + at(row + 1, column + 1) * fx) * fy
            )
        }
        let all = weights.reduce(0, +)
        func mean(_ values: [Double]) -> Double { zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / all }
        let (own, other) = (query.map(Double.init), moved)
        let (ownMean, otherMean) = (mean(own), mean(other))
        let product = mean(zip(own, other).map { ($0 - ownMean) * ($1 - otherMean) })
        let gain = max(0.75, min(1.33, product / mean(other.map { ($0 - otherMean) * ($0 - otherMean) })))
        let rest = zip(own, other).map { gain * ($1 - otherMean) - ($0 - ownMean) }
        return mean(rest.map { $0 * $0 }) / (mean(own.map { ($0 - ownMean) * ($0 - ownMean) }) + 25)
    }

    @Test func `unlike and flat images do not match`() {
        let shape = shapes[1]
        let plan = ScenePlan(shape: shape, path: .best)
        let (one, other) = (Picture(seed: 1).view(shape), Picture(seed: 2).view(shape))
        #expect(plan.withRegistration(to: scene(of: one, by: plan)) { $0(scene(of: other, by: plan)) } == nil)
        let flat = Image(shape: shape, pixels: Array(repeating: 90, count: shape.count))
        #expect(plan.withRegistration(to: scene(of: one, by: plan)) { $0(scene(of: flat, by: plan)) } == nil)
        // Flat ones match each other, and nothing moved.
        let lighter = Image(shape: shape, pixels: Array(repeating: 91, count: shape.count))
        let motion = plan.withRegistration(to: scene(of: flat, by: plan)) { $0(scene(of: lighter, by: plan)) }
        #expect(motion?.isMoved == false)
    }

    @Test func `independence tells chance from a path`() {
        /// Places along one line, one image after the other unless their ages say otherwise; the last is now.
        func independence(_ places: [Double], ages: [Int]? = nil) -> Double {
            let ages = ages ?? (0..<places.count).reversed()
            return SceneMotion.independence(
                of: zip(places, ages).map { (vector: SIMD4($0, 0, 0, 0), age: $1) }
            )
        }
        #expect(independence([]) == 0)
        #expect(independence([1]) == 0)
        #expect(independence([1, 0]) == 1)
        // 0, 1, ... 9: a mean squared step of 1, a variance of 82.5 over 9.
        #expect(abs(independence((0..<10).map(Double.init)) - 9 / 82.5 / 2) < 1e-12)
        // There and back: 4 over 10 over 9, not more than 1.
        #expect(independence((0..<10).map { Double($0 % 2 * 2) }) == 1)
        // 0, 1, 4, 5 with images between that did not match: the 3 in the middle counts a ninth. A variance of 17 over 3.
        let usual = (1.0 + 9.0 / 9 + 1) / (1 + 1.0 / 9 + 1)
        #expect(abs(independence([0, 1, 4, 5], ages: [5, 4, 1, 0]) - usual * 3 / 17 / 2) < 1e-12)
    }
}

struct JitterTests {
    private let shape = ImageShape(height: 50, width: 50, channels: 3)

    /// The findings of one user's images, one a second.
    private func findings(_ images: [Image], user: String = "a") async throws -> [JitterFinding] {
        let detector = SimilarityDetector(configuration: SimilarityConfiguration())
        let inputs = images.enumerated().map { index, image in
            SimilarityInput(
                sequence: Int64(index + 1),
                record: RecordID("r\(index)"),
                user: UserID(user),
                time: Timestamp(milliseconds: Int64(index) * 1000),
                image: image,
                prediction: Prediction(label: "benign", probability: 0.9)
            )
        }
        let found = await detector.observe(inputs) { count, body in (0..<count).forEach(body) }
        #expect(found.allSatisfy { $0.model.jitter == nil })
        return try found.map { try #require($0.user.jitter) }
    }

    @Test func `blinded queries are seen, a camera's path and a still scene are not`() async throws {
        let picture = Picture(seed: 42)
        var random = SeededGenerator(seed: 9)
        let blinded = (0..<40).map { index in
            picture.view(
                shape,
                scale: .random(in: 0.95...1.05, using: &random),
                turn: .random(in: -0.087...0.087, using: &random),
                shift: (.random(in: -0.08...0.08, using: &random), .random(in: -0.08...0.08, using: &random)),
                gain: .random(in: 0.9...1.1, using: &random),
                noise: 16,
                seed: UInt64(index)
            )
        }
        let seen = try await findings(blinded)
        #expect(seen[0] == JitterFinding(matches: 0, moved: 0, independence: 0))
        #expect(seen[39].matches == 32)
        #expect(seen[39].score > 20, "\(seen[39])")

        let filmed = (0..<40).map { index in
            let angle = Double(index) * 0.2
            return picture.view(
                shape,
                scale: 1 + 0.05 * sin(angle),
                shift: (0.15 * sin(angle), 0.15 * cos(angle)),
                noise: 4,
                seed: UInt64(index)
            )
        }
        let path = try await findings(filmed)
        #expect(path[39].matches > 20)
        #expect(path[39].score < 3, "\(path[39])")

        let still = try await findings((0..<40).map { picture.view(shape, noise: 16, seed: UInt64($0)) })
        #expect(still[39].matches == 32)
        #expect(still[39].moved == 0)

        let repeated = try await findings(Array(blinded[..<10]) + [blinded[3]])
        #expect(repeated[9].score > 3)
        #expect(repeated[10].score == 0)
    }

    @Test func `vectors have no scene`() async {
        let detector = SimilarityDetector(configuration: SimilarityConfiguration(metric: .features))
        let inputs = traffic(4, shapes: [ImageShape(height: 1, width: 8, channels: 4)], seed: 2)
        let found = await detector.observe(inputs) { count, body in (0..<count).forEach(body) }
        #expect(found.allSatisfy { $0.user.jitter == nil })
    }
}
