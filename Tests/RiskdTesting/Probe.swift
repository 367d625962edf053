internal import Glibc

/// Asks a riskd on the loopback address, with nothing between the test and the bytes.
package enum Probe {
    /// An answer.
    package struct Answer: Equatable, Sendable {
        package let status: Int
        package let body: String

        /// An answer.
        package init(status: Int, body: String) {
            self.status = status
            self.body = body
        }
    }

    /// The answer to `GET path`; nil when nobody answers.
    ///
    /// Version 1.0 of HTTP keeps servers from sending in chunks.
    package static func get(_ path: String, port: UInt16, version: String = "1.1") -> Answer? {
        let request = "GET \(path) HTTP/\(version)\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return exchange(request, port: port).flatMap { parsed(String(decoding: $0, as: UTF8.self)) }
    }

    /// What comes back for some text until the connection ends, or until `isEnough`; nil when nobody answers.
    static func exchange(
        _ request: String,
        port: UInt16,
        until isEnough: ([UInt8]) -> Bool = { _ in false }
    ) -> [UInt8]? {
        let end = ContinuousClock.now + .seconds(20)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafeBytes(of: &address) {
            connect(
                descriptor,
                $0.assumingMemoryBound(to: sockaddr.self).baseAddress,
                socklen_t($0.count)
            ) == 0
        }
        guard isConnected else { return nil }
        guard send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else {
            return nil
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            // A stream goes on for ever.
            if isEnough(bytes) || ContinuousClock.now >= end { break }
        }
        return bytes
    }

    private static func parsed(_ text: String) -> Answer? {
        // A line break of HTTP is one `Character`.
        guard let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
            let end = text.unicodeScalars.firstRange(of: "\r\n\r\n".unicodeScalars)?.upperBound
        else { return nil }
        return Answer(status: status, body: String(text.unicodeScalars[end...]))
    }

    /// The value of a metric, named with its labels; nil when it has none.
    package static func metric(_ name: String, port: UInt16) -> Double? {
        get("/metrics", port: port)?.body.split(separator: "\n")
            .first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}
