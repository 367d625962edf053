import Console
import Foundation
import RiskdTesting
import Runtime
import Testing

@testable import RiskctlCLI

/// Where riskd is, and as whom it is asked.
@Suite struct ConnectionTests {
    private let home: URL
    private let token = "rkd_" + String(repeating: "a", count: 43)

    init() throws {
        home = URL(fileURLWithPath: TestCluster.temporaryDirectory("ctl"))
    }

    private func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = home.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try text.write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return file.path
    }

    private func connection(_ words: String = "", _ variables: [String: String] = [:]) async throws
        -> Connection
    {
        let found = Shared<Result<Connection, any Error>?>(nil)
        let environment = ["HOME": home.path].merging(variables) { $1 }
        let program = Program(
            "riskctl",
            "",
            version: "1",
            commands: [
                Command("x", "") { invocation in
                    let result = Result { try Connection(invocation, environment: environment) }
                    found.withLock { $0 = result }
                    return .ok
                }
            ],
            flags: Connection.flags
        )
        _ = await program.run(["x"] + words.split(separator: " ").map(String.init), on: Screen().terminal)
        return try #require(found.withLock { $0 }).get()
    }

    @Test func `flags go before the environment, and that before the file`() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        #expect(try await connection().url == "http://127.0.0.1:9480")
        #expect(try await connection().token == nil)
        _ = try write(
            ".config/riskctl/config",
            "# mine\nurl: https://file.example:8443/   # the pager's\ntoken_file: ~/token\nca_file: /ca.pem\n",
            mode: 0o644
        )
        let path = try write("token", token + "\n")
        var found = try await connection()
        #expect(
            found.url == "https://file.example:8443" && found.token == token && found.authorities == "/ca.pem"
        )
        found = try await connection("", ["RISKCTL_URL": "https://variable.example"])
        #expect(found.url == "https://variable.example")
        found = try await connection(
            "--url https://flag.example --timeout 3s",
            ["RISKCTL_URL": "https://variable.example"]
        )
        #expect(found.url == "https://flag.example" && found.timeout == .seconds(3))
        found = try await connection(
            "",
            ["XDG_CONFIG_HOME": "/nowhere", "RISKCTL_TOKEN_FILE": path, "RISKCTL_CA_FILE": "/x.pem"]
        )
        #expect(found.url == "http://127.0.0.1:9480" && found.token == token && found.authorities == "/x.pem")
        // The token has a place of its own, too.
        _ = try write("xdg/riskctl/token", token)
        #expect(try await connection("", ["XDG_CONFIG_HOME": home.path + "/xdg"]).token == token)
    }

    @Test(arguments: [
        (0o644, false), (0o640, false), (0o604, false), (0o660, false), (0o400, true), (0o600, true),
    ])
    func `a token that others can read is not used`(_ mode: Int, _ isFine: Bool) async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let path = try write("token", token, mode: mode)
        if isFine { return #expect(try await connection("--token-file \(path)").token == token) }
        let error = await #expect(throws: CommandFailure.self) {
            try await connection("--token-file \(path)")
        }
        #expect(error?.description.contains("run chmod 600 \(path)") == true)
    }

    @Test func `a configuration that others can change is not used`() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let path = try write(".config/riskctl/config", "url: https://evil.example\n", mode: 0o664)
        let error = await #expect(throws: CommandFailure.self) { try await connection() }
        #expect(error?.description == "\(path) has mode 664: others may change it; run chmod go-w \(path)")
    }

    @Test(arguments: [
        (
            "token: rkd_x",
            ":1: unknown key 'token': there are url, socket, token_file, ca_file; keep the token in a file"
        ),
        ("url", ":1: expected KEY: VALUE"), ("\n\nurl:", ":3: url has no value"),
        ("url: https://a\nurl: https://b", ":2: url is given twice"),
    ])
    func `what is wrong with the file is said with its line`(_ text: String, _ expected: String) async throws
    {
        defer { try? FileManager.default.removeItem(at: home) }
        let path = try write(".config/riskctl/config", text)
        let error = await #expect(throws: CommandFailure.self) { try await connection() }
        #expect(error?.description.hasPrefix(path + expected) == true, "\(String(describing: error))")
    }

    @Test(arguments: ["", "hello", "rkd_a\u{1B}b"])
    func `what is no token is not sent`(_ text: String) async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let path = try write("token", text)
        await #expect(throws: CommandFailure.self) { try await connection("--token-file \(path)") }
    }

    @Test(arguments: [
        ("http://riskd.example", "without encryption"), ("http://10.0.0.1:9480", "without encryption"),
        ("ftp://x", "the scheme ftp"), ("https://u:p@x", "user name or password"),
        ("https://x/api", "a scheme, a host and a port"),
        ("https://x?a=1", "a scheme, a host and a port"), ("riskd.example", "not an absolute"),
    ])
    func `an address that a token must not go to is refused`(_ url: String, _ reason: String) async {
        let error = await #expect(throws: UsageError.self) { try await connection("--url \(url)") }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "http://localhost:9480", "http://[::1]:9480", "http://127.0.0.2:1", "https://x", "https://x:9480/",
    ])
    func `other addresses are used`(_ url: String) async throws {
        #expect(
            try await connection("--url \(url)").url == (url.hasSuffix("/") ? String(url.dropLast()) : url)
        )
    }
}
