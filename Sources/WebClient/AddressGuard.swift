/// Decides which addresses riskd may connect to, so that nobody who may name an endpoint reaches the inside.
package struct AddressGuard: Hashable, Sendable {
    /// Addresses that are let through although they are blocked for everybody else: the deployment's own collectors.
    package var allowed: [AddressRange]

    /// A guard.
    ///
    /// - Parameter allowed: exceptions; none lets only public addresses through.
    package init(allowed: [AddressRange] = []) { self.allowed = allowed }

    /// Lets everything through: for a program of a person's, which connects where that person says.
    package static let open = AddressGuard(allowed: ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) })

    /// The range because of which `address` is refused; nil when riskd may connect to it.
    ///
    /// - Parameter address: the address that a socket is about to connect to.
    /// - Returns: a range of ``blocked``, or nil.
    package func refusal(of address: IPAddress) -> AddressRange? {
        guard let range = Self.blocked.first(where: { $0.contains(address) }) else { return nil }
        return allowed.contains { $0.contains(address) } ? nil : range
    }

    /// Addresses that are not on the public Internet, or lead somewhere else than they say.
    ///
    /// IPv4-mapped IPv6 addresses are IPv4 addresses here (``IPAddress``). docs/webhooks.md#where-riskd-connects-to
    /// says for whom.
    package static let blocked: [AddressRange] = [
        "0.0.0.0/8",  // this network
        "10.0.0.0/8",  // private
        "100.64.0.0/10",  // carrier-grade NAT
        "127.0.0.0/8",  // loopback
        "169.254.0.0/16",  // link-local, cloud metadata
        "172.16.0.0/12",  // private
        "192.0.0.0/24",  // protocol assignments
        "192.0.2.0/24",  // documentation
        "192.88.99.0/24",  // 6to4 relays
        "192.168.0.0/16",  // private
        "198.18.0.0/15",  // benchmarks
        "198.51.100.0/24",  // documentation
        "203.0.113.0/24",  // documentation
        "224.0.0.0/4",  // multicast
        "240.0.0.0/4",  // reserved, broadcast
        "::/96",  // unspecified, loopback, IPv4-compatible
        "64:ff9b::/96",  // NAT64: an IPv4 address in disguise
        "64:ff9b:1::/48",  // local NAT64
        "100::/64",  // discard
        "2001::/23",  // protocol assignments, among them Teredo: an IPv4 address in disguise
        "2001:db8::/32",  // documentation
        "3fff::/20",  // documentation
        "2002::/16",  // 6to4: an IPv4 address in disguise
        "5f00::/16",  // segment routing
        "fc00::/7",  // unique local
        "fe80::/10",  // link-local
        "fec0::/10",  // site-local
        "ff00::/8",  // multicast
    ].compactMap { AddressRange($0) }
}
