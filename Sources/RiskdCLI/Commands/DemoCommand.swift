import Configuration
import Console
import Domain
import Foundation
import Runtime
import Storage

extension Command {
    /// `riskd demo`: everything at once, on a recorded trace.
    static let demo = Command(
        "demo",
        "Show riskd at work: a private database, real recorded attacks, risk levels as they rise",
        discussion: """
            Calibrates on a log of ordinary users, then plays a trace with attacks into a growing file while a daemon \
            follows it, and prints the risk levels as they change. Keeps everything in --directory.
            """,
        flags: [
            Flag("directory", value: "DIR", "Where the demo keeps its files; .demo unless given"),
            Flag("fixture", value: "DIR", "Where the trace is; Tests/Fixtures/fashion unless given"),
            Flag("speed", value: "FACTOR", "How many times faster than recorded; 120 unless given"),
        ]
    ) { invocation in
        guard let speed = Double(invocation.value("speed") ?? "120"), (0.001...1_000_000).contains(speed)
        else {
            throw UsageError("--speed must be between 0.001 and 1000000")
        }
        let demo = Demo(
            directory: invocation.value("directory") ?? ".demo",
            fixture: invocation.value("fixture") ?? "Tests/Fixtures/fashion",
            speed: speed,
            terminal: invocation.terminal
        )
        try await demo.run()
        return .ok
    }
}
