import Foundation
import Glibc
import Testing

/// A `riskd` that a test started: the real executable, in a directory of its own.
final class DaemonProcess {
    /// What it wrote to standard error.
    let log: URL
    private let process = Process()

    /// The executable that the build put beside the tests.
    static let executable: URL = {
        let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appendingPathComponent("riskd")
    }()

    /// Starts the executable.
    init(_ arguments: [String], in directory: URL, environment: [String: String] = [:]) throws {
        log = directory.appendingPathComponent("riskd-\(UUID().uuidString.prefix(8)).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try process.run()
    }

    deinit {
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    var isRunning: Bool { process.isRunning }
    var identifier: Int32 { process.processIdentifier }
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Ends it at once, as a power cut would.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to stop and waits.
    func terminate() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Waits for it to end by itself.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}
