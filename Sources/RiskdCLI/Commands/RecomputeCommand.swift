import Configuration
import Console
import Domain
import Recomputing
import Storage

extension Command {
    /// `riskd recompute`: the same integers again.
    static let recompute = Command(
        "recompute",
        "Compute samples again from stored histograms, and compare every integer",
        discussion: """
            Reads the artefacts that were in force, checks their digests, and feeds the stored tick histograms through \
            the scoring model. Exits with 1 and a list of differences when any integer differs.
            """,
        arguments: [Argument("SAMPLE", "Compare this sample only", count: 0...1)],
        flags: [.config, .set, Flag("all", "Compare every sample")]
    ) { invocation in
        guard invocation.has("all") != !invocation.arguments.isEmpty else {
            throw UsageError("expected either --all or a sample's number")
        }
        let only = try invocation.arguments.first.map { text throws(UsageError) in
            guard let id = Int64(text) else { throw UsageError("expected a sample's number, got '\(text)'") }
            return id
        }
        return try await invocation.withStore { store, _ in
            let base = try await store.scoreBase()
            if let only, try await store.sample(only) == nil, only >= base?.nextSampleID ?? 0 {
                invocation.terminal.writeError("there is no sample \(only)")
                return .error
            }
            var progress = Progress("recomputing", total: nil, on: invocation.terminal)
            let report = try await Recomputation(store).run(only: only) { progress.update($0) }
            let terminal = invocation.terminal
            for difference in report.differences.prefix(20) { write(difference, to: terminal) }
            for sample in report.changedLevels.prefix(20) {
                terminal.writeLine("level change of sample \(sample) differs")
            }
            for sample in report.misnamed.prefix(20) {
                terminal.writeLine("sample \(sample) names another calibration than it was counted by")
            }
            if let base {
                terminal.note(
                    "samples before \(base.nextSampleID) are deleted; computed from the tracks after tick \(base.tick), which were kept"
                )
            }
            let counts = "\(report.samples) samples, \(report.levelChanges) level changes"
            guard report.isIdentical else {
                let differing = report.differences.count + report.changedLevels.count + report.misnamed.count
                terminal.writeLine("\(counts): \(differing) differ")
                return .error
            }
            terminal.writeLine("\(counts), \(report.histograms) histograms: every sample is identical")
            return .ok
        }
    }

    private static func write(_ difference: Recomputation.Difference, to terminal: Terminal) {
        terminal.writeLine("sample \(difference.id) differs")
        terminal.writeLine("  stored:     \(text(difference.stored))")
        terminal.writeLine("  recomputed: \(text(difference.recomputed))")
    }

    private static func text(_ sample: Sample?) -> String {
        guard let sample else { return "nothing" }
        let parts = sample.contributions.map { "\($0.name)=\($0.milliPoints)" }.joined(separator: " ")
        return """
            \(sample.entity) tick=\(sample.tick) queries=\(sample.queries) score=\(sample.score) \
            level=\(word(sample.level)) lanes=\(sample.lanes) evidence=\(sample.evidence) \(parts)
            """
    }
}
