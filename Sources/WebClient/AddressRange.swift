/// The addresses that begin with the same bits, in CIDR notation.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    package let base: IPAddress
    /// How many leading bits count: 0 … 32 or 128.
    package let length: Int

    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address; nil when bits beyond the prefix are set.
    ///
    /// - Parameter text: the range.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let width = base.bytes.count * 8
        var length = width
        if parts.count == 2 {
            guard let number = Int(parts[1]), String(number) == parts[1], (0...width).contains(number) else {
                return nil
            }
            length = number
        }
        guard parts.count <= 2 else { return nil }
        for bit in length..<max(length, width) where base.bytes[bit / 8] >> (7 - bit % 8) & 1 == 1 {
            return nil
        }
        self.base = base
        self.length = length
    }

    /// Whether `address` is of the same family and begins with the range's bits.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = length / 8
        guard address.bytes.prefix(whole).elementsEqual(base.bytes.prefix(whole)) else { return false }
        let rest = length % 8
        return rest == 0 || (address.bytes[whole] ^ base.bytes[whole]) >> (8 - rest) == 0
    }

    package var description: String { "\(base)/\(length)" }
}
