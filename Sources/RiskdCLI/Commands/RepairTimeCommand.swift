import Configuration
import Console
import Domain
import Pipeline
import Recomputing
import Storage

extension Command {
    /// `riskd repair-time`: takes back what a wrong clock closed.
    static let repairTime = Command(
        "repair-time",
        "Open ticks again that a wrong clock has closed ahead of time",
        discussion: """
            A wall clock that was far ahead for a while may have closed ticks that are still to come: every record is late \
            then. Ticks of which nothing is stored are opened again, as riskd run does at its start; riskd must be stopped.
            """,
        flags: [.config, .set]
    ) { invocation in
        try await invocation.withStore { store, configuration in
            try await store.takeOwnership(name: "command repair-time", tickLength: configuration.scoring.tick)
            let terminal = invocation.terminal
            switch try await TimeRepair(store).run(at: .now) {
            case .notNeeded: terminal.writeLine("nothing is closed that is later than the clock")
            case .reopened(let from, let to):
                terminal.writeLine("closed up to \(to) now, where it was \(from)")
            case .kept(let time):
                terminal.writeError(
                    "closed up to \(time): something is stored of the last tick, so it stays closed; records count in the next one until then"
                )
                return .error
            }
            return .ok
        }
    }
}
