/// 128 bits that sort by time: 48 bits of milliseconds, then 80 that tell ids of one instant apart.
///
/// Written as 26 digits of Crockford's base 32, as the ULID specification says. riskd makes the 80 bits from content,
/// not at random, so that doing something again gives it the same id.
package struct ULID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// An id.
    ///
    /// - Parameters:
    ///   - time: when; instants before 1970 count as 1970.
    ///   - digest: at least 10 bytes, of which the first 10 are taken.
    /// - Precondition: `digest.count >= 10`.
    package init(time: Timestamp, digest: [UInt8]) {
        precondition(digest.count >= 10)
        let milliseconds = UInt64(max(0, time.milliseconds)) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | UInt64(digest[0]) << 8 | UInt64(digest[1])
        low = digest[2..<10].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Parses what ``description`` prints; nil when `text` is not 26 digits of base 32, the first at most 7.
    package init?(_ text: String) {
        var value: UInt128 = 0
        guard text.utf8.count == 26, text.utf8.first.map({ $0 <= 55 }) ?? false else { return nil }
        for byte in text.utf8 {
            guard let digit = Self.digits.firstIndex(of: byte) else { return nil }
            value = value << 5 | UInt128(digit)
        }
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }

    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package var description: String {
        var value = UInt128(high) << 64 | UInt128(low)
        var text: [UInt8] = []
        for _ in 0..<26 {
            text.append(Self.digits[Int(value & 31)])
            value >>= 5
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    package static func < (left: ULID, right: ULID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
