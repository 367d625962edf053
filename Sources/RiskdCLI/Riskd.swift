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
        moved: moved
    )

    private static let commands: [Command] = [
        .daemon, .serve, .replay, .check, .migrate, .calibrate, .train,
        .recompute, .repairTime,
        .evaluate,
        .rotateSecret, .retention, .hold, .grants,
        .play, .dump, .export,
        .demo, .config,
    ]

    /// Where operators' commands went: to riskctl, which asks the riskd that runs.
    package static let moved = [
        Moved("alert", to: "riskctl alert"),
        Moved("silence", to: "riskctl silence"),
        Moved("token", to: "riskctl token"),
        Moved("endpoint", to: "riskctl endpoint"),
        Moved("endpoint", "rotate", to: "riskd rotate-secret"),
        Moved("audit", to: "riskctl audit"),
        Moved(
            "audit",
            "export",
            to: "riskctl audit export, or riskd export audit for one moment of all or OCSF"
        ),
        Moved("audit", "retention", to: "riskd retention"),
        Moved("audit", "hold", to: "riskd hold"),
        Moved("audit", "grants", to: "riskd grants"),
        Moved("explain", to: "riskctl explain"),
        Moved("risk", to: "riskctl get entities"),
        Moved("history", to: "riskctl samples"),
        Moved("campaigns", to: "riskctl get campaigns, and riskctl get chain CAMPAIGN for its images"),
    ]

    /// Runs the program on this process's terminal.
    ///
    /// - Parameter arguments: the command line, the program's own name first.
    /// - Returns: the exit code of the process.
    package static func main(_ arguments: [String]) async -> Int32 {
        SystemLog.quietDispatch()
        // A reader that goes away (`riskd dump sample | head`) is no failure.
        signal(SIGPIPE, SIG_IGN)
        return await program.run(Array(arguments.dropFirst()), on: .standard).rawValue
    }
}
