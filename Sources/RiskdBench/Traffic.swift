import Domain
import Foundation

/// Generated log lines in the native format: 30 % attack queries, the rest new images of many users.
///
/// The same seed gives the same lines.
struct Traffic {
    /// Users who are not attacking.
    static let users = 500
    /// Attacks that go on at the same time.
    static let attacks = 8

    private var images: ImageSupply
    private let features: [[Float]]
    private let model: String
    /// The most that lies between two lines, in milliseconds.
    private let interval: Int
    private var attacks: [Attack] = []
    private var count = 0
    private var time: Timestamp
    private var generator: SeededGenerator

    /// Traffic that has not begun.
    ///
    /// - Parameters:
    ///   - images: the new images, and those that attacks start from.
    ///   - model: the name of the model.
    ///   - features: what lines have as features, at random; none where there are none.
    ///   - rate: lines in a second of event time, on average.
    init(_ images: ImageSupply, model: String, features: [[Float]], rate: Int = 10) {
        interval = 2000 / rate
        self.images = images
        self.features = features
        self.model = model
        time = Timestamp(milliseconds: 1_772_438_400_000)
        generator = SeededGenerator(seed: UInt64(images.shape.count))
    }

    /// The next line, with its line feed.
    ///
    /// - Parameter isBenign: whether it must not be of an attack.
    /// - Returns: JSON.
    mutating func line(isBenign: Bool) -> String {
        count += 1
        time = time + .milliseconds(generator.integer(0...interval))
        guard !isBenign, generator.chance(0.3) else {
            let user = "user-\(generator.integer(1...Self.users))"
            let label = generator.integer(0...9)
            return line(user, images.make(&generator), label, generator.number(0.5...1))
        }
        attacks.removeAll { $0.remaining == 0 }
        while attacks.count < Self.attacks {
            attacks.append(Attack(images.make(&generator), &generator))
        }
        let index = generator.integer(0...attacks.count - 1)
        let pixels = attacks[index].next()
        let attack = attacks[index]
        return line(attack.user, pixels, attack.label, attack.probability)
    }

    private mutating func line(
        _ user: String,
        _ pixels: [UInt8],
        _ label: Int,
        _ probability: Double
    ) -> String {
        let shape = images.shape
        let rest = rounded((1 - probability) / 9, 6)
        let probabilities = (0..<10).map { "\($0 == label ? rounded(probability, 6) : rest)" }
        var text =
            "{\"id\":\"bench-\(count)\",\"time\":\"\(time)\",\"model\":\"\(model)\",\"user\":\"\(user)\","
        text += "\"input\":{\"shape\":[\(shape.height),\(shape.width),\(shape.channels)],\"dtype\":\"uint8\","
        text += "\"data\":\"\(Data(pixels).base64EncodedString())\"},"
        if !features.isEmpty {
            let values = features[generator.integer(0...features.count - 1)]
            var bytes = Data(capacity: values.count * 4)
            for value in values {
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
                }
            }
            text += "\"features\":{\"dtype\":\"float32\",\"shape\":[\(values.count)],"
            text += "\"data\":\"\(bytes.base64EncodedString())\"},"
        }
        text += "\"prediction\":{\"class\":\"class-\(label)\",\"probability\":\(rounded(probability, 6)),"
        text += "\"probabilities\":[\(probabilities.joined(separator: ","))]}}\n"
        return text
    }
}
