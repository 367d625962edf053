internal import Runtime

/// The names by which browsers may come.
///
/// A page of somebody else's can make a browser believe that the page's own name leads here (DNS rebinding), and then reads
/// what is answered; the request still names that page's host.
package struct HostNames: Hashable, Sendable {
    private let names: Set<String>
    private let isAnyAddress: Bool

    /// Names.
    ///
    /// - Parameters:
    ///   - listening: the numeric address that is listened on; where that is every address, every numeric one is right.
    ///   - names: further ones, without ports.
    package init(listening: String, names: [String]) {
        let isLoopback = listening == "::1" || listening.hasPrefix("127.")
        isAnyAddress = listening == "0.0.0.0" || listening == "::"
        var all = names.map { Self.plain($0) } + [Self.plain(listening)]
        // No page's name is one of these.
        if isLoopback || isAnyAddress { all += ["localhost", "127.0.0.1", "::1"].map { Self.plain($0) } }
        self.names = Set(all)
    }

    /// Whether a `Host` names this server; its port may be that of a tunnel.
    ///
    /// - Parameter field: the header's value; nil where there is none, as with HTTP/1.0, which no browser speaks.
    /// - Returns: whether it does.
    package func admit(_ field: String?) -> Bool {
        guard let field else { return true }
        let name = Self.plain(Self.withoutPort(field))
        return names.contains(name) || (isAnyAddress && name.hasPrefix("["))
    }

    private static func withoutPort(_ field: String) -> String {
        if field.hasPrefix("["), let end = field.firstIndex(of: "]") {
            return String(field[...end])
        }
        return String(field.prefix { $0 != ":" })
    }

    /// A name in one spelling: no brackets, no dot at the end, lower case; numeric addresses as `[1, 2, 3, 4]`.
    private static func plain(_ name: String) -> String {
        var name = name.lowercased()
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.hasSuffix(".") { name.removeLast() }
        // However many zeros it is written with.
        return addressBytes(name).map { "\($0)" } ?? name
    }
}
