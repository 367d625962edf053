package import Console
import Domain
import Glibc
import Runtime

/// The program `riskd`.
package enum Riskd {
    /// The table of commands.
    package static let program = Program(
        "riskd",
        "Turns a log of served inferences into a risk level that people can act on",
        version: riskdVersion,
        commands: commands,
        moved: ["endpoint replay": "riskd endpoint resend"]
    )

    private static let commands: [Command] = [
        .daemon, .replay, .check, .migrate, .calibrate, .train, .risk, .history, .campaigns, .explain,
        .recompute, .repairTime,
        .evaluate,
        .alert, .silence, .endpoint, .token, .audit,
        .play, .dump, .export,
        .demo, .config,
    ]

    /// Runs the program on this process's terminal.
    ///
    /// - Parameter arguments: the command line, the program's own name first.
    /// - Returns: the exit code of the process.
    package static func main(_ arguments: [String]) async -> Int32 {
        SystemLog.quietDispatch()
        // A reader that goes away (`riskd history | head`) is no failure.
        signal(SIGPIPE, SIG_IGN)
        return await program.run(Array(arguments.dropFirst()), on: .standard).rawValue
    }
}
