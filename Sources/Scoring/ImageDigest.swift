/// What stands for an image's bytes and shape: records with equal ones are exact repeats of each other.
package struct ImageDigest: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    /// A digest of 32 bytes; missing ones count as 0.
    package init(_ bytes: [UInt8]) {
        var words = SIMD4<UInt64>()
        for (place, byte) in bytes.prefix(32).enumerated() {
            words[place / 8] |= UInt64(byte) << UInt64(place % 8 * 8)
        }
        self.words = words
    }
}
