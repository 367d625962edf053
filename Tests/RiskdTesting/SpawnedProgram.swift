package import Foundation
import Glibc
import Runtime

/// A program that a test started.
///
/// Not Foundation's `Process`: children that it starts at the same time inherit each other's descriptors, and waiting
/// for one then takes until the other ends.
package final class SpawnedProgram: Sendable {
    /// How a program ended: the exit code, or minus the signal that ended it.
    package typealias Code = Int32

    /// The process id.
    package let identifier: Int32
    private let ended = Locked<Code?>(nil)

    /// Starts a program with no input; it gets standard input, output and error, and nothing else that is open here.
    ///
    /// - Parameters:
    ///   - words: the program, a path or found on the path, and its arguments.
    ///   - directory: where it starts.
    ///   - environment: all of its variables.
    ///   - output: the file that gets its standard output, made or cut.
    ///   - errors: the file that gets its standard error, made or cut.
    /// - Throws: `POSIXError` when it cannot be started.
    package init(
        _ words: [String],
        in directory: String = "/",
        environment: [String: String] = ProcessInfo.processInfo.environment,
        output: String,
        errors: String = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0o600)
        // Closing one that is gone by then is no error.
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let descriptor = Int32(name), descriptor > 2 {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }
        var arguments = (["env", "--chdir=\(directory)"] + words).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "env", &actions, nil, &arguments, &variables)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        identifier = process
    }

    deinit { if code == nil { wait(after: SIGKILL) } }

    /// How it ended; nil while it runs.
    package var code: Code? {
        ended.withLock { ended in
            if ended == nil { ended = reap(WNOHANG) }
            return ended
        }
    }

    /// Sends a signal, unless it has ended.
    package func send(_ signal: Int32) {
        ended.withLock { ended in
            // Not reaped yet, so the number still means this program.
            if ended == nil { kill(identifier, signal) }
        }
    }

    /// Waits on this thread until it has ended.
    ///
    /// - Parameter signal: sent before, where there is one.
    /// - Returns: how it ended.
    @discardableResult
    package func wait(after signal: Int32? = nil) -> Code {
        if let signal { send(signal) }
        return ended.withLock { ended in
            while ended == nil { ended = reap(0) }
            return ended ?? 0
        }
    }

    private func reap(_ options: Int32) -> Code? {
        var status: Int32 = 0
        guard waitpid(identifier, &status, options) == identifier else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : -signal
    }

    /// What a program that must succeed prints.
    ///
    /// - Parameter words: the program and its arguments.
    /// - Returns: its standard output.
    /// - Throws: where it cannot be started, or fails.
    package static func output(of words: [String]) throws -> Data {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("riskd-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        guard try SpawnedProgram(words, output: file.path).wait() == 0 else {
            throw POSIXError(.ECHILD, userInfo: ["program": words.joined(separator: " ")])
        }
        return try Data(contentsOf: file)
    }
}
