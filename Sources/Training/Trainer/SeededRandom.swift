/// A small random number generator (splitmix64, Steele and others 2014) whose state is one number, so that it can be stored.
package struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
    /// All there is to know about what comes next.
    package private(set) var state: UInt64

    /// A generator; equal seeds give equal numbers on every machine.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of 0 ..< 1, evenly spread.
    package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// A number below `bound`; the bias is below 2⁻³² for any set that fits in memory.
    package mutating func index(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of mean 0 and variance 1, nearly normal: the sum of four uniform ones, within ±3.5.
    ///
    /// It uses no function of the mathematics library, and so is the same everywhere.
    package mutating func normal() -> Float {
        let bits = next()
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Float(sum) * 0x1p-16 - 2) * 1.732_050_8
    }

    /// Puts `values` into a random order.
    package mutating func shuffle(_ values: inout [Int]) {
        for last in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(last, index(below: last + 1))
        }
    }
}

/// A number that depends on nothing but the text and the seed: the same text falls into the same part everywhere.
///
/// - Parameters:
///   - text: such as the name of a source image.
///   - seed: another seed gives another partition.
/// - Returns: 64 mixed bits (FNV-1a, then splitmix64).
package func stableHash(_ text: String, seed: UInt64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
    var random = SeededRandom(seed: hash ^ (seed &* 0xD6E8_FEB8_6659_FD93))
    return random.next()
}
