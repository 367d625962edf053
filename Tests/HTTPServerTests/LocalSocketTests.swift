import Glibc
import RiskdTesting
import Runtime
import Testing

@testable import HTTPServer

/// A server at a Unix socket: who asks, what lies in the file system, what is replaced.
struct LocalSocketTests {
    private let folder = TestCluster.temporaryDirectory("sock")

    private var path: String { folder + "/api.sock" }

    private func server(_ path: String? = nil) throws(HTTPServerError) -> HTTPServer {
        try HTTPServer(socket: path ?? self.path, group: nil, log: Log(threshold: .error) { _ in }) {
            request,
            reply in
            let peer = request.local
            let groups = (peer?.groups ?? []).contains(getgid())
            reply.send(.text("\(peer?.user == getuid()) \(groups) '\(request.peer)'\n"))
        }
    }

    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// Leaves a socket that nobody listens at, as a riskd that was killed does.
    private func leaveStale() throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0)
    }

    @Test func `a request says which account asks, and in which groups it is`() throws {
        defer { removeTemporaryDirectory(folder) }
        let server = try server()
        #expect(server.port == 0)
        for _ in 0..<2 {
            let client = try RawClient(socket: path)
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try client.response().body == "true true ''\n")
        }
    }

    @Test func `a request by TCP is no account's`() throws {
        let server = try HTTPServer(address: "127.0.0.1", port: 0, log: Log(threshold: .error) { _ in }) {
            (request: HTTPRequest) in .text("\(request.local == nil)\n")
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response().body == "true\n")
    }

    @Test func `the socket has mode 0660 while it listens, and is gone afterwards`() throws {
        defer { removeTemporaryDirectory(folder) }
        let server = try server()
        #expect(mode(path) == 0o660)
        #expect(mode(path + ".new") == nil)
        server.stop()
        #expect(mode(path) == nil)
    }

    @Test func `one that a killed riskd left is replaced`() throws {
        defer { removeTemporaryDirectory(folder) }
        try leaveStale()
        let server = try server()
        defer { server.stop() }
        let client = try RawClient(socket: path)
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response().status == 200)
    }

    @Test func `one that somebody listens at is left to them`() throws {
        defer { removeTemporaryDirectory(folder) }
        let first = try server()
        #expect(throws: HTTPServerError.occupied(path: path)) { try server() }
        let client = try RawClient(socket: path)
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response().status == 200)
        first.stop()
    }

    @Test func `a server that stops leaves a socket that has taken its place`() throws {
        defer { removeTemporaryDirectory(folder) }
        let first = try server()
        try #require(unlink(path) == 0)
        let second = try server()
        first.stop()
        #expect(mode(path) == 0o660)
        second.stop()
        #expect(mode(path) == nil)
    }

    @Test func `something else at its place is left alone`() throws {
        defer { removeTemporaryDirectory(folder) }
        let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
        try #require(descriptor >= 0)
        close(descriptor)
        let expected = HTTPServerError.unusable(
            path: path,
            reason: "there is something else, which is left alone"
        )
        #expect(throws: expected) { try server() }
        #expect(mode(path) == 0o600)
    }

    @Test(arguments: [mode_t(0o777), 0o770, 0o1777])
    func `a folder that others may write to is refused`(mode: mode_t) throws {
        defer { removeTemporaryDirectory(folder) }
        try #require(chmod(folder, mode) == 0)
        let expected = HTTPServerError.unusable(
            path: path,
            reason: "others may change \(folder): it must be this account's or root's, "
                + "and writable by nobody else"
        )
        #expect(throws: expected) { try server() }
    }

    @Test func `a missing folder is made for its owner, and a missing way to it is an error`() throws {
        defer { removeTemporaryDirectory(folder) }
        let server = try server(folder + "/new/api.sock")
        #expect(mode(folder + "/new") == 0o700)
        server.stop()
        let deep = folder + "/a/b/api.sock"
        #expect(throws: HTTPServerError.unusable(path: deep, reason: "No such file or directory")) {
            try self.server(deep)
        }
    }

    @Test func `a path that is longer than such addresses is refused`() {
        let long = "/tmp/" + String(repeating: "a", count: 99)
        let expected = HTTPServerError.unusable(
            path: long,
            reason: "a socket's path is absolute and has at most 103 bytes"
        )
        #expect(throws: expected) { try server(long) }
    }
}
