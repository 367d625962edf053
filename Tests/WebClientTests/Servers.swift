import Foundation
import Glibc
import Runtime
import Testing

/// A listening socket whose connections nobody answers.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try #require(listenOnLoopback(descriptor))
    }

    deinit { close(descriptor) }
}

/// A server that answers 200 to whatever ends in `{}`, and counts connections.
final class CountingServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let count: Counter

    final class Counter: Sendable {
        private let value = Locked(0)
        func add() { value.withLock { $0 += 1 } }
        var current: Int { value.withLock { $0 } }
    }

    var connections: Int { count.current }

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        port = try #require(listenOnLoopback(descriptor))
        let count = Counter()
        self.count = count
        let thread = Thread {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                count.add()
                serve(connection)
                close(connection)
            }
        }
        thread.start()
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

private func serve(_ connection: Int32) {
    var seen: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let got = recv(connection, &buffer, buffer.count, 0)
        guard got > 0 else { return }
        seen += buffer.prefix(got)
        guard seen.suffix(2).elementsEqual("{}".utf8) else { continue }
        seen = []
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
    }
}

/// Listens on a free port of 127.0.0.1.
func listenOnLoopback(_ descriptor: Int32) -> UInt16? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutableBytes(of: &address) { bytes in
        guard let raw = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
        return bind(descriptor, raw, length) == 0 && listen(descriptor, 64) == 0
            && getsockname(descriptor, raw, &length) == 0
    }
    return isBound ? UInt16(bigEndian: address.sin_port) : nil
}
