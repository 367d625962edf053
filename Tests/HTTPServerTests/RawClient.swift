import Glibc
import Testing

/// A connection that says exactly what a test wants said.
final class RawClient: Sendable {
    private let descriptor: Int32

    init(_ address: String = "127.0.0.1", port: UInt16) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        try #require(getaddrinfo(address, String(port), &hints, &list) == 0)
        let info = try #require(list).pointee
        defer { freeaddrinfo(list) }
        descriptor = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
        // Where this throws, `deinit` closes the socket; closing it here too could close somebody else's.
        guard connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            throw ConnectFailed(code: errno)
        }
    }

    /// A connection to a Unix socket.
    init(socket path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw ConnectFailed(code: errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What comes within `milliseconds` of silence; nil when nothing does, empty at the end of the connection.
    func receive(within milliseconds: Int32 = 5000) -> [UInt8]? {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, milliseconds) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    /// One whole response.
    func response(hasBody: Bool = true) throws -> RawResponse {
        var bytes: [UInt8] = []
        while true {
            if let response = RawResponse(bytes, hasBody: hasBody) { return response }
            let more = try #require(receive(), "no answer")
            try #require(
                !more.isEmpty,
                "the connection ended after: \(String(decoding: bytes, as: UTF8.self))"
            )
            bytes += more
        }
    }
}

struct ConnectFailed: Error, Equatable {
    let code: Int32
}

/// A response as it came.
struct RawResponse {
    let status: Int
    /// By lower-case name.
    let headers: [String: String]
    let body: String
    /// What came after the body.
    let rest: Int

    /// nil when it is not complete.
    init?(_ bytes: [UInt8], hasBody: Bool) {
        let separator = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4,
            let end = (0...bytes.count - 4).first(where: { bytes[$0..<$0 + 4].elementsEqual(separator) })
        else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        self.headers = headers
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        let after = bytes[(end + 4)...]
        guard after.count >= length else { return nil }
        body = String(decoding: after.prefix(length), as: UTF8.self)
        rest = after.count - length
    }
}
