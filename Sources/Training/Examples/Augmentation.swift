/// How examples are varied each time they are shown, so that little data goes far.
package struct Augmentation: Hashable, Sendable {
    /// The largest standard deviation of the noise that is added, in the examples' own units; 0 adds none.
    package var noise: Float = 0
    /// The share of clean examples, 0 … 1, to which what an attack added to another of their class is added.
    package var displacedShare: Float = 0
    /// Whether a displacement from an example of another class will do, as for small changes of pixels.
    package var mixesClasses = false
    /// What displaced and noisy numbers are clamped to; nil for any number.
    package var limits: ClosedRange<Float>?

    /// No variation.
    package init() {}

    /// Writes a varied copy of an example.
    ///
    /// - Parameters:
    ///   - index: of the example.
    ///   - examples: where it is from.
    ///   - displacements: what `examples` lend.
    ///   - random: how it is varied.
    ///   - target: room for `examples.width` numbers.
    func write(
        _ index: Int,
        of examples: Examples,
        _ displacements: Displacements,
        _ random: inout SeededRandom,
        to target: UnsafeMutablePointer<Float>
    ) {
        let width = examples.width
        examples.inputs.withUnsafeBufferPointer { inputs in
            guard let source = inputs.baseAddress else { return }
            target.update(from: source + index * width, count: width)
            guard self != Augmentation() else { return }
            var isChanged = false
            if displacedShare > 0, examples.isClean[index], random.uniform() < displacedShare,
                let attack = displacements.pick(examples.labels[index], mixing: mixesClasses, &random)
            {
                let from = source + examples.origins[attack] * width
                let to = source + attack * width
                // Between half and half as much again: attacks of other strengths will come.
                let strength = 0.5 + random.uniform()
                for place in 0..<width { target[place] += (to[place] - from[place]) * strength }
                isChanged = true
            }
            if noise > 0 {
                // From hardly any to all of it: the network must also leave clean inputs alone.
                let deviation = noise * random.uniform()
                for place in 0..<width { target[place] += random.normal() * deviation }
                isChanged = true
            }
            guard isChanged, let limits else { return }
            for place in 0..<width {
                target[place] = min(max(target[place], limits.lowerBound), limits.upperBound)
            }
        }
    }
}

/// The training examples whose difference from their origin can be lent to others.
struct Displacements {
    private let byLabel: [Int: [Int]]
    private let all: [Int]

    init(_ examples: Examples) {
        all = examples.lenders
        byLabel = Dictionary(grouping: all) { examples.labels[$0] }
    }

    func pick(_ label: Int, mixing: Bool, _ random: inout SeededRandom) -> Int? {
        let candidates = mixing ? all : byLabel[label] ?? []
        return candidates.isEmpty ? nil : candidates[random.index(below: candidates.count)]
    }
}
