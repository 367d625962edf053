internal import CCurl
internal import Glibc
internal import Runtime

/// Sends datagrams, on a thread of its own because names are resolved there.
package actor DatagramClient {
    private let executor = DispatchQueueExecutor(label: "riskd.datagram")
    private let host: String
    private let port: UInt16
    private let addressGuard: AddressGuard

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A client.
    ///
    /// - Parameters:
    ///   - host: a name or a numeric address, without a zone.
    ///   - port: 1 … 65535.
    ///   - addressGuard: decides which addresses may be sent to.
    package init(host: String, port: UInt16, addressGuard: AddressGuard) {
        self.host = host
        self.port = port
        self.addressGuard = addressGuard
    }

    /// Sends each of `datagrams` to the first address of the host that the guard lets through.
    ///
    /// The name is resolved once and the datagrams go to the very address that was checked. Nothing says whether they
    /// arrive, unless the receiver's machine refuses them.
    ///
    /// - Parameter datagrams: each at most 65,507 bytes.
    /// - Throws: `WebError`.
    package func send(_ datagrams: [[UInt8]]) throws(WebError) {
        guard !host.contains("%") else {
            throw .invalidURL(reason: "an address must not name a network zone")
        }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else {
            throw .unresolved(host: host)
        }
        defer { freeaddrinfo(first) }
        var refusal: WebError?
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let info = next {
            next = info.pointee.ai_next
            let raw = UnsafeRawBufferPointer(start: info.pointee.ai_addr, count: Int(info.pointee.ai_addrlen))
            guard let address = IPAddress(socketAddress: raw) else { continue }
            if let range = addressGuard.refusal(of: address) {
                refusal =
                    refusal ?? .blocked(host: host, address: address.description, range: range.description)
                continue
            }
            return try send(datagrams, to: info.pointee)
        }
        throw refusal ?? .unresolved(host: host)
    }

    private func send(_ datagrams: [[UInt8]], to info: addrinfo) throws(WebError) {
        let descriptor = socket(
            info.ai_family,
            info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue),
            info.ai_protocol
        )
        guard descriptor >= 0 else { throw unreachable() }
        defer { close(descriptor) }
        guard connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 else { throw unreachable() }
        for datagram in datagrams {
            guard Glibc.send(descriptor, datagram, datagram.count, 0) == datagram.count else {
                throw unreachable()
            }
        }
        // A closed port answers at once on the same machine and soon on the same network.
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        if poll(&request, 1, 20) > 0, getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0,
            code != 0
        {
            throw .unreachable(host: "\(host):\(port)", reason: String(cString: strerror(code)))
        }
    }

    private func unreachable() -> WebError {
        .unreachable(host: "\(host):\(port)", reason: String(cString: strerror(errno)))
    }
}
