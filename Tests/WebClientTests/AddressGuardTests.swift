import Testing

@testable import WebClient

@Suite struct AddressGuardTests {
    /// First, last and an inner address of every blocked range.
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "0.255.255.255",
        "10.0.0.0", "10.20.30.40", "10.255.255.255",
        "100.64.0.0", "100.100.100.200", "100.127.255.255",
        "127.0.0.0", "127.0.0.1", "127.1.1.1", "127.255.255.255",
        "169.254.0.0", "169.254.169.254", "169.254.255.255",
        "172.16.0.0", "172.20.1.1", "172.31.255.255",
        "192.0.0.0", "192.0.0.192", "192.0.0.255",
        "192.0.2.0", "192.0.2.255",
        "192.88.99.0", "192.88.99.255",
        "192.168.0.0", "192.168.1.1", "192.168.255.255",
        "198.18.0.0", "198.19.255.255",
        "198.51.100.0", "198.51.100.255",
        "203.0.113.0", "203.0.113.255",
        "224.0.0.0", "224.0.0.1", "239.255.255.255",
        "240.0.0.0", "250.1.2.3", "255.255.255.255",
        "::", "::1", "::7f00:1", "::10.0.0.1", "::8.8.8.8", "::ffff:ffff",
        "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:0.0.0.0",
        "64:ff9b::", "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b::ffff:ffff",
        "64:ff9b:1::", "64:ff9b:1::1", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "100::", "100::ffff:ffff:ffff:ffff",
        "2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2002::", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fc00::", "fd00:ec2::254", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ])
    func `an address that is not public is refused`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressGuard().refusal(of: address) != nil)
    }

    /// The neighbours of every blocked range, and some well-known hosts.
    @Test(arguments: [
        "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0", "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
        "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "::1:0:0", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9b::1:0:0", "64:ff9b:2::",
        "100:0:0:1::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::", "2001:4860:4860::8888",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "2003::", "2606:4700:4700::1111",
        "3fff:1000::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f01::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::",
        "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "::ffff:8.8.8.8", "::ffff:1.1.1.1",
    ])
    func `a public address is let through`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressGuard().refusal(of: address) == nil)
    }

    @Test func `every range of the table is read`() { #expect(AddressGuard.blocked.count == 28) }

    @Test func `what a deployment allows is let through, and nothing beside it`() throws {
        let range = try #require(AddressRange("10.20.0.0/16"))
        let addressGuard = AddressGuard(allowed: [range])
        #expect(addressGuard.refusal(of: try #require(IPAddress("10.20.255.255"))) == nil)
        #expect(addressGuard.refusal(of: try #require(IPAddress("::ffff:10.20.0.1"))) == nil)
        #expect(addressGuard.refusal(of: try #require(IPAddress("10.21.0.0")))?.description == "10.0.0.0/8")
        #expect(addressGuard.refusal(of: try #require(IPAddress("2002:a14:1::")))?.description == "2002::/16")
    }

    @Test(arguments: [
        "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.1/8", "10.0.0.0/8/8", "10.0.0.0/", "fd00::/129",
        "fd00::1/64", "fe80::1%eth0", "example.com", "", "10.0/8", "0x7f.0.0.1", "127.1", "2130706433",
    ])
    func `a range that is not one is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func `ranges agree with a bit by bit comparison`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let width = Bool.random(using: &generator) ? 32 : 128
            let length = Int.random(in: 0...width, using: &generator)
            var base = (0..<width).map { _ in Bool.random(using: &generator) }
            for bit in length..<width { base[bit] = false }
            let shared = Int.random(in: 0...width, using: &generator)
            let other = (0..<width).map { $0 < shared ? base[$0] : Bool.random(using: &generator) }
            let range = try #require(AddressRange("\(address(base))/\(length)"))
            let isInside = base.prefix(length) == other.prefix(length)
            #expect(range.contains(try #require(IPAddress(address(other)))) == isInside)
        }
    }

    private func address(_ bits: [Bool]) -> String {
        let bytes = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }
}
