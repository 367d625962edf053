import Console
import Foundation
import Glibc
import HTTPServer
import RiskdTesting
import Runtime
import Testing

@testable import RiskctlCLI

/// riskctl at riskd's Unix socket.
@Suite struct LocalSocketTests {
    private let home = TestCluster.temporaryDirectory("ctlsock")

    private var path: String { home + "/api.sock" }

    private func connection(
        _ words: String = "",
        _ variables: [String: String] = [:],
        usual: [String] = []
    ) async throws -> Connection {
        let found = Shared<Result<Connection, any Error>?>(nil)
        let environment = ["HOME": home].merging(variables) { $1 }
        let program = Program(
            "riskctl",
            "",
            version: "1",
            commands: [
                Command("x", "") { invocation in
                    let result = Result {
                        try Connection(invocation, environment: environment, usual: usual)
                    }
                    found.withLock { $0 = result }
                    return .ok
                }
            ],
            flags: Connection.flags
        )
        _ = await program.run(["x"] + words.split(separator: " ").map(String.init), on: Screen().terminal)
        return try #require(found.withLock { $0 }).get()
    }

    private func server() throws -> HTTPServer {
        try HTTPServer(socket: path, group: nil, log: Log(threshold: .error) { _ in }) { request, reply in
            let role = request.headers["riskd-role"] ?? "-"
            let token = request.headers["authorization"] ?? "-"
            let host = request.headers["host"] ?? ""
            reply.send(.text(#"{"role":"\#(role)","token":"\#(token)","host":"\#(host)"}"#))
        }
    }

    private func token() throws -> String {
        let file = home + "/token"
        try SecretFile.create(Array(("rkd_" + String(repeating: "a", count: 43)).utf8), at: file)
        return file
    }

    @Test func `flags go before variables, those before the file, a usual socket before the usual address`()
        async throws
    {
        defer { removeTemporaryDirectory(home) }
        let server = try server()
        defer { server.stop() }
        #expect(try await connection().socket == nil)
        #expect(try await connection(usual: [home + "/none", path]).socket == path)
        #expect(try await connection(usual: [home + "/none", path]).url == "http://localhost")
        #expect(try await connection("--url http://127.0.0.1:1", usual: [path]).socket == nil)
        #expect(try await connection("--socket /a", ["RISKCTL_URL": "http://127.0.0.1:1"]).socket == "/a")
        let both = ["RISKCTL_SOCKET": "/b"]
        #expect(try await connection("", both, usual: [path]).socket == "/b")
        #expect(try await connection("--url http://127.0.0.1:1", both).socket == nil)
        try FileManager.default.createDirectory(
            atPath: home + "/.config/riskctl",
            withIntermediateDirectories: true
        )
        try SecretFile.create(Array("socket: ~/c\n".utf8), at: home + "/.config/riskctl/config")
        #expect(try await connection(usual: [path]).socket == home + "/c")
        #expect(try await connection("", both).socket == "/b")
    }

    @Test(arguments: [
        ("--url http://127.0.0.1:1 --socket /a", "--url and --socket exclude each other"),
        (
            "--as admin --url http://127.0.0.1:1",
            "--as is for riskd's socket, and not for a token, whose roles are its own"
        ),
        (
            "--as king --socket /a",
            "--as must be one of viewer, operator, responder, admin, auditor, scrape, got 'king'"
        ),
    ])
    func `what excludes each other is refused`(words: String, message: String) async throws {
        defer { removeTemporaryDirectory(home) }
        await #expect(throws: UsageError(message)) { try await connection(words) }
    }

    @Test func `a usual place that holds no socket, or nothing, is passed over`() throws {
        defer { removeTemporaryDirectory(home) }
        try SecretFile.create([], at: home + "/file")
        #expect(ServiceSocket.usual([home + "/none", home + "/file"], hasToken: false) == nil)
    }

    @Test func `a request goes by the socket, with the role that was chosen or with the token`() async throws
    {
        defer { removeTemporaryDirectory(home) }
        let server = try server()
        defer { server.stop() }
        func answer(_ words: String) async throws -> [String?] {
            let connection = try await connection("--socket \(path) \(words)")
            let answer = try await RiskdClient(connection, note: { _ in }).get(["me"])
            return ["role", "token", "host"].map { answer[$0].string }
        }
        #expect(try await answer("") == ["-", "-", "localhost"])
        #expect(try await answer("--as auditor") == ["auditor", "-", "localhost"])
        let file = try token()
        let secret = "Bearer rkd_" + String(repeating: "a", count: 43)
        #expect(try await answer("--token-file \(file)") == ["-", secret, "localhost"])
        await #expect(
            throws: UsageError("--as is for riskd's socket, and not for a token, whose roles are its own")
        ) { try await connection("--socket \(path) --token-file \(file) --as auditor") }
    }

    @Test func `an absent socket and one that nobody listens at are told apart`() async throws {
        defer { removeTemporaryDirectory(home) }
        let client = try RiskdClient(try await connection("--socket \(path)"), note: { _ in })
        await #expect(throws: ClientError.notConnected(socket: path, code: ENOENT)) {
            try await client.get(["me"])
        }
        let server = try server()
        #expect(ServiceSocket.answer(at: path) == 0)
        try #require(rename(path, path + ".kept") == 0)
        server.stop()
        try #require(rename(path + ".kept", path) == 0)
        await #expect(throws: ClientError.notConnected(socket: path, code: ECONNREFUSED)) {
            try await client.get(["me"])
        }
    }

    @Test(arguments: [
        (
            ENOENT,
            "there is no socket /s: does riskd run, and is this its api.socket? --socket names another, --url an address"
        ),
        (
            ECONNREFUSED,
            "nobody listens at the socket /s: riskd does not run; start it, or riskd serve to read what is stored"
        ),
        (
            EACCES,
            "you may not connect to the socket /s: be root, riskd's own account or in the group of api.socket_group, or use --url and --token-file"
        ),
        (ENOTSOCK, "the socket /s cannot be connected to: Socket operation on non-socket"),
    ])
    func `what is wrong with a socket is told with what to do`(code: Int32, message: String) {
        #expect(ClientError.notConnected(socket: "/s", code: code).description == message)
    }
}
