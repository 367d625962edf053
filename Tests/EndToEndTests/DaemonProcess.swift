import Foundation
import Glibc
import RiskdTesting
import Testing

/// A `riskd` that a test started: the real executable, in a directory of its own.
final class DaemonProcess: Sendable {
    /// How a process ended, and what it wrote.
    struct Result {
        /// The exit code; negative for the signal that ended it.
        let code: Int32
        let output: String
        let errors: String
    }

    private let process: SpawnedProgram
    private let outputFile: URL
    private let errorFile: URL

    /// The executable that the build put beside the tests.
    static let executable: URL = {
        let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appendingPathComponent("riskd")
    }()

    /// Starts the executable.
    init(_ arguments: [String], in directory: URL, environment: [String: String] = [:]) throws {
        let name = UUID().uuidString.prefix(8)
        outputFile = directory.appendingPathComponent("\(name).out")
        errorFile = directory.appendingPathComponent("\(name).err")
        var variables = ProcessInfo.processInfo.environment
        // What the tests' own surroundings say of a service manager is not meant for it.
        for name in [
            "NOTIFY_SOCKET", "WATCHDOG_USEC", "JOURNAL_STREAM", "STATE_DIRECTORY", "RUNTIME_DIRECTORY",
        ] {
            variables[name] = nil
        }
        process = try SpawnedProgram(
            [Self.executable.path] + arguments,
            in: directory.path,
            environment: variables.merging(environment) { $1 },
            output: outputFile.path,
            errors: errorFile.path
        )
    }

    var isRunning: Bool { process.code == nil }
    var identifier: Int32 { process.identifier }
    /// What it has written to standard error so far.
    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// Ends it at once, as a power cut would, and waits until it is gone.
    func kill() async throws {
        process.send(SIGKILL)
        _ = try await result()
    }

    /// Asks it to stop and waits.
    @discardableResult
    func terminate() async throws -> Result {
        process.send(SIGTERM)
        return try await result()
    }

    /// Waits for it to end by itself.
    func result(within patience: Duration = .seconds(100)) async throws -> Result {
        try await eventually("riskd ends", within: patience, { self.errors }) { !self.isRunning }
        return Result(
            code: process.wait(),
            output: try String(contentsOf: outputFile, encoding: .utf8),
            errors: errors
        )
    }

    /// Runs a command to its end.
    @discardableResult
    static func run(
        _ arguments: [String],
        in directory: URL,
        environment: [String: String] = [:]
    ) async throws -> Result {
        try await DaemonProcess(arguments, in: directory, environment: environment).result()
    }

    /// The port on which it serves HTTP; nil until it says so.
    var port: UInt16? {
        let line = errors.split(separator: "\n").last { $0.contains("serving probes and metrics") }
        return line?.split(separator: " ").last.flatMap { UInt16($0.dropFirst("port=".count)) }
    }

    /// The most memory that it has had in use, in bytes.
    var residentBytes: Int? { number("VmHWM:", in: "status").map { $0 << 10 } }

    /// The files that it has open.
    var openFiles: [String] {
        let folder = "/proc/\(identifier)/fd"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }
    }

    /// The bytes that it has read from files, with every call counted.
    var bytesRead: Int? { number("rchar:", in: "io") }

    private func number(_ name: String, in file: String) -> Int? {
        let text = try? String(contentsOfFile: "/proc/\(identifier)/\(file)", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) }
    }
}

/// Waits until `condition` holds, looking often; a test that waits in vain fails with what it waited for.
func eventually(
    _ what: String,
    within patience: Duration = .seconds(60),
    _ details: () -> String = { "" },
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + patience
    while try await !condition() {
        guard ContinuousClock.now < end else { throw WaitedInVain(what: what, details: details()) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// What did not happen in time.
struct WaitedInVain: Error, CustomStringConvertible {
    let what: String
    let details: String

    var description: String { "waited in vain until \(what)\n\(details.suffix(4000))" }
}
