import Domain
@testable import Similarity

/// A seeded generator, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// An image with smooth structure, some noise and sometimes a saturated or flat part.
func naturalImage(_ shape: ImageShape, using random: inout SeededGenerator) -> Image {
    let (a, b) = (Int.random(in: 1...9, using: &random), Int.random(in: 1...9, using: &random))
    let (offset, noise) = (Int.random(in: 0...255, using: &random), Int.random(in: 0...30, using: &random))
    let flatRows = Bool.random(using: &random) ? 0 : Int.random(in: 0...shape.height, using: &random)
    var pixels: [UInt8] = []
    for row in 0..<shape.height {
        for column in 0..<shape.width {
            for channel in 0..<shape.channels {
                let wave = (row * a + column * b * (channel + 1)) % 160 + offset - 80
                let value = row < flatRows ? offset : wave + Int.random(in: -noise...noise, using: &random)
                pixels.append(UInt8(min(255, max(0, value))))
            }
        }
    }
    return Image(shape: shape, pixels: pixels)
}

/// `image` with `count` pixels moved by up to `size`.
func disturbed(_ image: Image, count: Int, size: Int, using random: inout SeededGenerator) -> Image {
    var pixels = image.pixels
    for _ in 0..<count {
        let place = Int.random(in: pixels.indices, using: &random)
        let value = Int(pixels[place]) + Int.random(in: -size...size, using: &random)
        pixels[place] = UInt8(min(255, max(0, value)))
    }
    return Image(shape: image.shape, pixels: pixels)
}

func prediction(using random: inout SeededGenerator) -> Prediction {
    let top = Double.random(in: 0.4...1, using: &random)
    let first = Bool.random(using: &random)
    let label = first ? "benign" : "malign"
    guard Int.random(in: 0..<4, using: &random) > 0 else { return Prediction(label: label, probability: top) }
    let other = (1 - top) / 3
    let probabilities = first ? [top, other, other] : [other, top, other]
    return Prediction(label: label, probability: top, probabilities: probabilities)
}

/// Inputs of several shapes and users with near duplicates, exact repeats, ties, flat images and unordered times.
func traffic(_ count: Int, shapes: [ImageShape], seed: UInt64) -> [SimilarityInput] {
    var random = SeededGenerator(seed: seed)
    var inputs: [SimilarityInput] = []
    for sequence in 0..<count {
        let shape = shapes[Int.random(in: shapes.indices, using: &random)]
        let earlier = inputs.filter { $0.image.shape == shape }
        var image = naturalImage(shape, using: &random)
        if !earlier.isEmpty {
            let old = earlier[Int.random(in: earlier.indices, using: &random)].image
            switch Int.random(in: 0..<10, using: &random) {
            case 0: image = old
            case 1...3: image = disturbed(old, count: shape.count, size: 6, using: &random)
            case 4...5: image = disturbed(old, count: shape.count, size: 40, using: &random)
            case 6: image = disturbed(old, count: 2, size: 1, using: &random)
            case 7: image = Image(shape: shape, pixels: old.pixels.map { 255 - $0 })
            case 8: image = Image(shape: shape, pixels: Array(repeating: old.pixels[0], count: shape.count))
            default: break
            }
        }
        let jitter = Int64.random(in: -3000...3000, using: &random)
        inputs.append(
            SimilarityInput(
                sequence: Int64(sequence * 2 + 1),
                record: RecordID("r\(sequence)"),
                user: UserID("u\(Int.random(in: 0..<4, using: &random))"),
                time: Timestamp(milliseconds: Int64(sequence) * 1000 + jitter),
                image: image,
                prediction: prediction(using: &random)
            )
        )
    }
    return inputs
}
