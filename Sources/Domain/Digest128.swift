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
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The 16 bytes.
    package var bytes: [UInt8] {
        [high, low].flatMap { half in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
        }
    }

    /// 32 lower-case hexadecimal digits.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }
}
