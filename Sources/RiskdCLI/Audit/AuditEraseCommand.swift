import Auditing
import Configuration
import Console
import Domain
import Notifying
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd audit erase`: a person's name goes out of every table.
    static let auditErase = Command(
        "erase",
        "Put a random pseudonym in the place of a user's name, everywhere, for good",
        discussion: """
            Images, feature vectors, kept signatures, addresses, ids of records and the text of unusable lines go; scores, samples \
            and histograms stay, and can be computed again. A riskd that runs does it between two batches and loads its state \
            again; without one it is done here. It is refused while there is a hold or an alert of the user's that is not \
            resolved. Logs, messages that were delivered, exports and backups are out of riskd's reach. What was done is in the \
            dataset erasures, without the name.
            """,
        arguments: [Argument("USER", "The user's name, on all models")],
        flags: [
            Flag("reason", value: "TEXT", "Why, such as the request's number; without the name"), .yes,
            .actor,
            .config, .set, OutputFormat.flag,
        ]
    ) { invocation in
        guard let reason = invocation.value("reason"), !reason.isEmpty else {
            throw UsageError("expected --reason TEXT")
        }
        let (user, actor) = (UserID(logged: invocation.arguments[0]), try invocation.actor())
        guard !user.name.isEmpty else { throw UsageError("expected a user's name") }
        try invocation.confirm("erase \(user) for good")
        return try await invocation.withStore { store, configuration in
            let number = try await store.requestErasure(of: user, reason: reason, by: actor, at: .now)
            let queue = ActionQueue(store, configuration)
            let log = invocation.log(configuration, isQuestion: true)
            let erasure = try await queue.wait(forErasure: number, patience: .seconds(86_400), log: log)
            guard let erasure, erasure.done != nil else {
                invocation.terminal.writeError("erasure \(number) waits for the running riskd")
                return .error
            }
            if let refusal = erasure.refusal {
                invocation.terminal.writeError(refusal)
                return .error
            }
            var report = Report([.init("dataset"), .init("rows", isNumeric: true)])
            for count in erasure.rows { report.append([.string(count.dataset), .integer(count.rows)]) }
            report.write(to: invocation.terminal, as: invocation.format)
            invocation.terminal.note(
                "\(erasure.pseudonym) stands in the place of the name: erasure \(number)"
            )
            return .ok
        }
    }
}
