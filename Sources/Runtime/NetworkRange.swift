internal import Glibc

/// A range of addresses, such as `192.0.2.0/24`, `2001:db8::/32` or one address.
package struct NetworkRange: Hashable, Sendable {
    private let bytes: [UInt8]
    private let bits: Int

    /// Parses an address with or without a count of leading bits; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = addressBytes(String(parts[0])) else { return nil }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...bits).contains(given), String(given) == parts[1] else {
                return nil
            }
            bits = given
        }
        self.bytes = bytes
        self.bits = bits
    }

    /// Whether an address lies in it.
    package func contains(_ address: String) -> Bool {
        guard let other = addressBytes(address), other.count == bytes.count else { return false }
        return (0..<bits).allSatisfy { bit in
            (bytes[bit / 8] ^ other[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}

/// The 4 or 16 bytes of a numeric address; an IPv4 address in IPv6 form is the IPv4 address.
package func addressBytes(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
    var sixteen = in6_addr()
    guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
    let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    return isMapped ? Array(bytes[12...]) : bytes
}

/// What connections and failures are counted by: an IPv4 address, or the 64 bits of an IPv6 one that one household gets.
///
/// - Parameter address: numeric; anything else is its own network.
/// - Returns: the network.
package func network(of address: String) -> String {
    guard let bytes = addressBytes(address) else { return address }
    guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
    return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
}
