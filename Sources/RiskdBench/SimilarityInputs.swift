import Domain
import Similarity

/// Makes inputs out of images: users, predictions, noise.
struct SimilarityInputs {
    let file: ImageFile
    private let metric: SimilarityMetric
    private var random = SeededGenerator(seed: 7)
    private var sequence: Int64 = 0

    init(file: ImageFile, metric: SimilarityMetric) {
        self.file = file
        self.metric = metric
    }

    /// The next input.
    ///
    /// - Parameters:
    ///   - pixels: its image.
    ///   - user: who sends it; nil for one of 500.
    /// - Returns: the input.
    mutating func next(_ pixels: [UInt8], user: Int? = nil) -> SimilarityInput {
        sequence += 1
        let top = random.number(0.4...1)
        let rest = (1 - top) / 9
        let label = random.integer(0...9)
        let hasAll = random.chance(0.8)
        return SimilarityInput(
            sequence: sequence,
            record: RecordID("3f2b8c1e-5d1a-4e0b-9a77-\(String(100_000_000_000 + sequence))"),
            user: UserID("account-\(user ?? random.integer(0...499))"),
            time: Timestamp(milliseconds: sequence),
            image: content(pixels),
            prediction: Prediction(
                label: "class-\(label)",
                probability: top,
                probabilities: hasAll ? (0..<10).map { $0 == label ? top : rest } : nil
            )
        )
    }

    /// What is compared: the image, or for `features` the means of up to 8 x 8 blocks of each channel.
    private func content(_ pixels: [UInt8]) -> Image {
        let image = Image(shape: file.shape, pixels: pixels)
        guard metric == .features else { return image }
        let (height, width, channels) = (file.shape.height, file.shape.width, file.shape.channels)
        let (rows, columns) = (min(8, height), min(8, width))
        var (sums, counts) = ([Float](repeating: 0, count: rows * columns * channels), [Float]())
        counts = sums
        for (place, value) in pixels.enumerated() {
            let (point, channel) = (place / channels, place % channels)
            let (row, column) = (point / width * rows / height, point % width * columns / width)
            let block = (row * columns + column) * channels + channel
            sums[block] += Float(value)
            counts[block] += 1
        }
        return metric.content(image: image, features: zip(sums, counts).map { $0 / $1 }) ?? image
    }

    /// An image with uniform noise of up to `size` on every value.
    mutating func noisy(_ pixels: [UInt8], size: Int) -> [UInt8] {
        pixels.map { UInt8(clamping: Int($0) + random.integer(-size...size)) }
    }

    /// What an adversary, or chance, may send after `earlier`: everything that the search takes a shortcut for.
    ///
    /// - Parameters:
    ///   - fresh: an image that was not sent before.
    ///   - earlier: images that were.
    /// - Returns: pixels.
    mutating func adversarial(_ fresh: [UInt8], after earlier: [[UInt8]]) -> [UInt8] {
        guard !earlier.isEmpty else { return fresh }
        let old = earlier[random.integer(0...earlier.count - 1)]
        switch random.integer(0...15) {
        case 0...4: return fresh
        case 5: return old
        case 6: return noisy(old, size: 1)
        case 7: return noisy(old, size: 4)
        case 8: return noisy(old, size: 8)
        case 9: return noisy(old, size: random.integer(12...60))
        case 10: return changed(old, places: 1)
        case 11: return changed(old, places: old.count / 10)
        case 12: return mixed(old, fresh)
        case 13: return old.map { 255 - $0 }
        case 14: return brighter(old, by: random.integer(-60...60))
        default:
            return random.chance(0.5)
                ? [UInt8](repeating: UInt8(random.integer(0...255)), count: old.count)
                : old.map { _ in UInt8(random.integer(0...255)) }
        }
    }

    private mutating func changed(_ pixels: [UInt8], places: Int) -> [UInt8] {
        var pixels = pixels
        for _ in 0..<max(1, places) {
            let place = random.integer(0...pixels.count - 1)
            pixels[place] = UInt8(clamping: Int(pixels[place]) + random.integer(-30...30))
        }
        return pixels
    }

    private mutating func mixed(_ one: [UInt8], _ other: [UInt8]) -> [UInt8] {
        let share = random.number(0...1)
        return zip(one, other).map { UInt8(share * Double($0) + (1 - share) * Double($1)) }
    }

    private func brighter(_ pixels: [UInt8], by amount: Int) -> [UInt8] {
        pixels.map { UInt8(clamping: Int($0) + amount) }
    }
}
