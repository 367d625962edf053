import Runtime

extension ValueType where Value == Configuration.Address {
    /// Where to listen without authentication: only loopback.
    static let loopback = ValueType.scalar(
        "an address such as 127.0.0.1:9470",
        note: "ADDRESS:PORT, loopback only",
        text: { $0.description }
    ) { given, _ in
        guard let address = Configuration.Address(given) else { return nil }
        guard address.isLoopback else {
            return .failure(
                .init(
                    text: "must be a loopback address (127.0.0.1 or [::1]), got '\(escaped(given))'; "
                        + "to serve other machines, put a proxy with TLS and authentication in front"
                )
            )
        }
        return .success(address)
    }

    /// Where to listen.
    static let address = ValueType.scalar(
        "an address such as 127.0.0.1:9480",
        note: "ADDRESS:PORT; the address is numeric",
        text: { $0.description }
    ) { given, _ in
        Configuration.Address(given).map { .success($0) }
    }
}

extension ValueType where Value == String {
    /// An address or a network, as text.
    static let addressRange = ValueType.scalar(
        "an address or a network such as 192.0.2.0/24",
        note: "a numeric address, or a network such as 192.0.2.0/24",
        text: { quoted($0) }
    ) { given, _ in NetworkRange(given).map { _ in .success(given) } }
}

extension Configuration.Address {
    /// Parses `127.0.0.1:9470`, `[::1]:9470` or `localhost:9470`; nil for what is no numeric address with a port.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast()
            guard inner.contains(":"), inner.utf8.allSatisfy(isHexadecimalOrColon) else { return nil }
            self.init(host: String(inner), port: port)
            return
        }
        if host == "localhost" {
            self.init(host: "127.0.0.1", port: port)
            return
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Whether only this machine reaches it.
    package var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
}

private func isHexadecimalOrColon(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3A, 0x41...0x46, 0x61...0x66, 0x2E: true
    default: false
    }
}
