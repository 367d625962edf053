internal import Glibc

/// A bound TCP socket that listens; closed with its owner unless released.
struct ListeningSocket: ~Copyable {
    /// The port, also where 0 was asked for.
    let port: UInt16
    private let descriptor: Int32

    /// Binds and listens.
    ///
    /// libmicrohttpd could do it, but reports no reason when it fails.
    init(address: String, port: UInt16) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &list) == 0, let list else {
            throw .invalidAddress(address)
        }
        defer { freeaddrinfo(list) }
        let info = list.pointee
        let descriptor = socket(
            info.ai_family,
            info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            info.ai_protocol
        )
        guard descriptor >= 0 else { throw refused(address, port) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout.size(ofValue: on))
        // A restart must not wait for the connections of the last run to be forgotten.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        // `::` means IPv6 only whatever the machine's default is: one address, one meaning.
        if info.ai_family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
        guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, 128) == 0,
            let bound = boundPort(of: descriptor)
        else {
            let error = refused(address, port)
            close(descriptor)
            throw error
        }
        self.port = bound
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Hands the socket over to somebody who will close it.
    consuming func release() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }
}

private func refused(_ address: String, _ port: UInt16) -> HTTPServerError {
    guard errno != EADDRINUSE else { return .inUse(address: address, port: port) }
    return .cannotListen(address: address, port: port, reason: String(cString: strerror(errno)))
}

private func boundPort(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isKnown = withUnsafeMutableBytes(of: &storage) { bytes in
        guard let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
        return getsockname(descriptor, address, &length) == 0
    }
    guard isKnown else { return nil }
    // The port lies at the same place in IPv4 and IPv6 addresses.
    return withUnsafeBytes(of: &storage) { bytes in
        UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
    }
}
