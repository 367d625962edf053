/// 128 bits of a SHA-256 digest: what tells contents apart that nobody should be able to make alike.
package struct Digest128: Hashable, Sendable {
    /// The first eight bytes, the first of them highest.
    package let high: UInt64
    /// The next eight bytes.
    package let low: UInt64

    /// The digest of nothing that is known: all zero.
    package static let unknown = Digest128(Array(repeating: 0, count: byteCount))

    /// Bytes of a digest.
    package static let byteCount = 16

    /// A digest's first 16 bytes.
    ///
    /// - Parameter bytes: of a digest.
    /// - Precondition: there are 16 at least.
    package init(_ bytes: [UInt8]) {
        precondition(bytes.count >= Self.byteCount)
        var halves: (UInt64, UInt64) = (0, 0)
        for place in 0..<8 {
            halves.0 = halves.0 << 8 | UInt64(bytes[place])
            halves.1 = halves.1 << 8 | UInt64(bytes[place + 8])
        }
        (high, low) = halves
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for half in [high, low] {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: half >> (56 - 8 * shift))) }
        }
        return bytes
    }

    /// 32 lower-case hexadecimal digits.
    package var hexadecimal: String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * Self.byteCount)
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 48 + digit : 87 + digit) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
