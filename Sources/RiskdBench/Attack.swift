/// One account's attempt to make an adversarial example: queries that differ little from one image.
struct Attack {
    let user: String
    let label: Int
    private(set) var remaining: Int
    private(set) var probability = 0.99
    private var current: [UInt8]
    private let strength: Int
    private var step = 0
    private var noise: SeededGenerator

    /// An attack on an image.
    init(_ image: [UInt8], _ generator: inout SeededGenerator) {
        user = "attacker-\(generator.integer(1...40))"
        label = generator.integer(0...9)
        remaining = generator.integer(20...300)
        current = image
        strength = generator.integer(2...6)
        noise = SeededGenerator(seed: generator.next())
    }

    /// The next query: the current image with up to ±`strength` on every value; every 20 queries one is kept.
    mutating func next() -> [UInt8] {
        let range = UInt64(2 * strength + 1)
        var query = current
        for index in query.indices {
            query[index] = UInt8(min(max(Int(query[index]) + Int(noise.next() % range) - strength, 0), 255))
        }
        step += 1
        remaining -= 1
        if step.isMultiple(of: 20) {
            current = query
            probability = max(0.2, probability - noise.number(0...0.05))
        }
        return query
    }
}
