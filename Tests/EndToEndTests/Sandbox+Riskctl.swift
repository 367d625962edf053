import Console
import Foundation
import RiskctlCLI
import RiskdTesting
import Testing

/// What operators type at a sandbox's riskd: riskctl, by the Unix socket, without a token.
extension Sandbox {
    /// The usual place of the socket of a riskd that was started here.
    var socket: String { path("riskd-state/api.sock") }

    /// Runs a `riskctl` against the riskd that runs here, in this process.
    ///
    /// - Parameters:
    ///   - words: the command line.
    ///   - role: in which role it asks; nil: as who runs riskd usually does.
    /// - Returns: how it ended, and what it wrote.
    @discardableResult
    func riskctl(_ words: [String], as role: String? = nil) async -> DaemonProcess.Result {
        let screen = Screen()
        let flags = ["--socket", socket, "--timeout", "60s"] + (role.map { ["--as", $0] } ?? [])
        let code = await Riskctl.program.run(words + flags, on: screen.terminal)
        return DaemonProcess.Result(code: code.rawValue, output: screen.text, errors: screen.errors)
    }

    /// Runs a `riskctl` that must succeed.
    @discardableResult
    func mustRiskctl(
        _ words: [String],
        as role: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> DaemonProcess.Result {
        let result = await riskctl(words, as: role)
        let text = words.joined(separator: " ")
        try #require(result.code == 0, "riskctl \(text): \(result.errors)", sourceLocation: sourceLocation)
        return result
    }

    /// Lets a `riskd serve` answer while `body` runs.
    func serving<Value>(_ body: () async throws -> Value) async throws -> Value {
        let server = try begin(["serve"] + flags)
        try await eventually("riskd serves", { server.errors }) {
            try #require(server.isRunning, "riskd ended: \(server.errors)")
            return server.errors.contains("serving the API")
        }
        let value = try await body()
        #expect(try await server.terminate().code == 0)
        return value
    }

    /// What the only `riskctl` of a `riskd serve` prints.
    @discardableResult
    func served(_ words: [String], as role: String? = nil) async throws -> DaemonProcess.Result {
        try await serving { try await mustRiskctl(words, as: role) }
    }
}
