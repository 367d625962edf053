import Configuration
import Console
import Domain
import Foundation
import Runtime
import Storage

extension Command {
    /// `riskd export`: what is stored, as files for other commands.
    static let export = Command(
        "export",
        "Write what is stored as files that other commands take",
        commands: [exportAdversarial, .exportAudit]
    )

    private static let exportAdversarial = Command(
        "adversarial",
        "Write the inputs of a confirmed attack as a log and its truth, to train second opinions with",
        discussion: """
            Takes the inputs of a user, of a campaign, of a period, or of everybody whose alert was found to be an attack, that the similarity history still holds and that are \
            part of a chain of near-duplicates. Each chain counts as one attempt on its first image, and the class of that \
            image as the true one: right for attacks that start from a clean image, wrong for those that start from an image \
            of the wrong class (HopSkipJump and its kind), so look at the truth file before you train with it. \
            Writes OUT (NDJSON) and OUT.truth.csv; then: riskd train encoder CLEAN-LOG --adversarial OUT --truth \
            OUT.truth.csv --backbone FILE. Features are not stored, so the backbone has to compute them.
            """,
        flags: [
            Flag("out", value: "FILE", "The log to write; FILE.truth.csv gets the truth"),
            Flag("model", value: "NAME", "Whose inputs"),
            Flag("user", value: "NAME", "This user's inputs only"),
            Flag("campaign", value: "NUMBER", "This campaign's inputs only"),
            Flag("confirmed", "Only those of users and campaigns with an alert whose verdict is attack"),
            Flag("attack", value: "NAME", "What the attack is called in the truth; confirmed unless given"),
            .since, .until, .config, .set,
        ]
    ) { invocation in
        guard let output = invocation.value("out") else { throw UsageError("expected --out FILE") }
        guard let model = invocation.value("model").map({ ModelID($0) }) else {
            throw UsageError("expected --model NAME")
        }
        var selection = InputSelection(model: model)
        selection.user = invocation.value("user").map { UserID($0) }
        if invocation.value("campaign") != nil {
            selection.campaign = try invocation.number("campaign", Int64(0), in: 0...Int64.max)
        }
        selection.isConfirmed = invocation.has("confirmed")
        (selection.since, selection.until) = try invocation.period()
        guard selection != InputSelection(model: model) else {
            throw UsageError(
                "expected --confirmed, --user, --campaign, --since or --until: which inputs were the attack?"
            )
        }
        let attack = invocation.value("attack") ?? "confirmed"
        guard attack != "benign" else { throw UsageError("--attack benign would say that it was none") }
        let chosen = selection
        return try await invocation.withStore { store, _ in
            let files = (log: try newFile(output), truth: try newFile(output + ".truth.csv"))
            var export = try AdversarialExport(model, attack: attack, log: files.log, truth: files.truth)
            var last: Int64 = 0
            while true {
                let page = try await store.chainedInputs(chosen, after: last)
                guard let end = page.last else { break }
                for input in page {
                    try await export.add(input) { try await store.input($0, of: model) }
                }
                last = end.entry.sequence
            }
            let counts = export.counts
            if counts.orphans > 0 {
                invocation.terminal.note(
                    "\(counts.orphans) chains are left out: the history no longer holds their first image"
                )
            }
            guard counts.records > 0 else {
                invocation.terminal.writeError(
                    "nothing to export: the history holds no chain of near-duplicates of '\(model)' that was asked for"
                )
                return .error
            }
            invocation.terminal.note(
                "\(counts.records) records of \(counts.attempts) attempts, \(counts.successful) of them successful, "
                    + "are in \(output) and \(output).truth.csv"
            )
            return .ok
        }
    }

    private static func newFile(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure("\(path) cannot be written") }
        return handle
    }
}
