internal import Glibc

/// A TCP and UDP port of 127.0.0.1 that nobody uses now; for programs that cannot choose one and tell.
package func freePort() -> UInt16 {
    while true {
        guard let port = bound(to: 0, Int32(SOCK_STREAM.rawValue)) else { continue }
        if bound(to: port, Int32(SOCK_DGRAM.rawValue)) != nil { return port }
    }
}

private func bound(to port: UInt16, _ type: Int32) -> UInt16? {
    let descriptor = socket(AF_INET, type, 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutableBytes(of: &address) { bytes in
        guard let raw = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
        return bind(descriptor, raw, length) == 0 && getsockname(descriptor, raw, &length) == 0
    }
    return isBound ? UInt16(bigEndian: address.sin_port) : nil
}
