import Configuration
import Console
import Domain
import Foundation
import RiskdDaemon

extension Command {
    /// `riskd evaluate`: against the truth.
    static let evaluate = Command(
        "evaluate",
        "Measure the stored detections of a replayed trace against its truth file",
        discussion: """
            A query is alarmed when a detector's rung is at least that detector's alarm rung, an attempt is detected when \
            one of its queries is alarmed. Alarm rungs come from the calibration: about --alarm-share of its benign \
            queries reach one. --alarm-rung takes the same rung for every detector instead. Prints, per attack, the \
            attempts detected and after how many queries; per benign style, the queries and users alarmed; the points of \
            the ROC curve; the levels that accounts reached; and the campaigns. Intervals are of 95 %: Clopper and \
            Pearson's for attempts and users, bootstrapped over users for queries.
            """,
        flags: [
            .config, .set, OutputFormat.flag,
            Flag("truth", value: "FILE", "Who was really what: CSV, also .gz or .xz"),
            Flag("alarm-share", value: "SHARE", "Benign queries that may be alarmed; 0.003 unless given"),
            Flag("html", value: "FILE", "Write a page with plots too; it fetches nothing"),
            Flag("alarm-rung", value: "RUNG", "Alarm every query that exceeds RUNG thresholds of a detector"),
        ],
        commands: [evaluateOpinion]
    ) { invocation in
        guard let path = invocation.value("truth") else { throw UsageError("expected --truth FILE") }
        let choice = try invocation.alarmChoice()
        let truth = try Truth(try RecordedText.read(path), path: path)
        return try await invocation.withStore { store, _ in
            let stored = try await StoredEvaluation(store, choice).read(truth)
            guard stored.missing < truth.entries.count else {
                throw EvaluationError.nothingMatches(path: path)
            }
            if let page = invocation.value("html") {
                let html = EvaluationPage(
                    stored,
                    choice: choice,
                    subject: path.split(separator: "/").last.map(String.init) ?? path
                ).html
                do { try html.write(toFile: page, atomically: true, encoding: .utf8) } catch {
                    throw CommandFailure("\(page): the page cannot be written: \(error.localizedDescription)")
                }
            }
            EvaluationReport(stored, choice: choice).write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }
}

extension Invocation {
    fileprivate func alarmChoice() throws(UsageError) -> AlarmRule.Choice {
        guard let text = value("alarm-rung") else {
            return .share(try number("alarm-share", AlarmRule.defaultShare, in: 0.000_001...1))
        }
        guard !has("alarm-share") else {
            throw UsageError("expected --alarm-share or --alarm-rung, not both")
        }
        guard let rung = Int(text), rung > 0 else {
            throw UsageError("--alarm-rung must be a whole number above 0")
        }
        return .rung(rung)
    }
}
