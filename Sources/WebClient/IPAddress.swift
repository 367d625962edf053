internal import Glibc

/// An IPv4 or IPv6 address; an IPv4-mapped IPv6 address is the IPv4 address that it stands for.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// In network order: 4 or 16.
    package let bytes: [UInt8]

    /// An address.
    ///
    /// - Parameter bytes: 4 or 16 bytes in network order.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        // ::ffff:0:0/96 reaches the IPv4 host, so it must be judged as one.
        let isMapped = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix)
        self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [255, 255]

    /// Reads the usual spelling, such as `192.0.2.1` or `2001:db8::1`; nil for another, or one with a zone.
    ///
    /// - Parameter text: without brackets.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    /// Reads a socket address; nil for other families than IPv4 and IPv6, or one that is cut off.
    ///
    /// - Parameter raw: the bytes of a `sockaddr`.
    init?(socketAddress raw: UnsafeRawBufferPointer) {
        guard raw.count >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(raw.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where raw.count >= MemoryLayout<sockaddr_in>.size:
            let address = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
        case AF_INET6 where raw.count >= MemoryLayout<sockaddr_in6>.size:
            let address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
        default: return nil
        }
    }

    /// The usual spelling.
    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, 64) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
