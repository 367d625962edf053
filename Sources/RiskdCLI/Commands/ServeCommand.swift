import Console
import RiskdDaemon
import Runtime

extension Command {
    /// `riskd serve`: the API without a pipeline.
    static let serve = Command(
        "serve",
        "Answer riskctl and the dashboard from what is stored, without following logs, until asked to stop",
        discussion: """
            After riskd replay, or while riskd run is down: levels are those of the last closed tick. What people ask for \
            that changes alerts or erases a person is done here, where no riskd runs that could do it. Messages are not sent.
            """,
        flags: [.config, .set]
    ) { invocation in
        let configuration = try invocation.configuration()
        OpenFileLimit.raise()
        try await StoredService(configuration, log: invocation.log(configuration)).run()
        return .ok
    }
}
