package import Console
import Domain
import Glibc
import Runtime

/// The program `riskctl`.
package enum Riskctl {
    /// The table of commands.
    package static let program = Program(
        "riskctl",
        "Asks a riskd how things stand, and works on its alerts, over its API",
        version: riskdVersion,
        commands: [
            .status, .top, .doctor, .check, .get, .describe, .events, .series, .samples, .explain, .recompute,
            .alert,
            .silence,
            .endpoint, .detector, .calibration, .image, .audit, .token, .whoami,
        ],
        flags: Connection.flags,
        moved: [
            Moved("replay", to: "riskctl recompute"),
            Moved("endpoint", "replay", to: "riskctl endpoint resend"),
        ],
        exitCodes: ";\n'riskctl check' ends as monitoring plugins do: 0 ok, 1 warning, 2 critical, 3 unknown"
    )

    /// Runs the program on this process's terminal.
    ///
    /// - Parameter arguments: the command line, the program's own name first.
    /// - Returns: the exit code of the process.
    package static func main(_ arguments: [String]) async -> Int32 {
        SystemLog.quietDispatch()
        // A reader that goes away (`riskctl get users | head`) is no failure, and a connection that breaks an error.
        signal(SIGPIPE, SIG_IGN)
        return await program.run(Array(arguments.dropFirst()), on: .standard(endsWithReader: true)).rawValue
    }
}
