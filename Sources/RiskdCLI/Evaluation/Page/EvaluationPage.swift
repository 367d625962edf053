/// Evaluations as one HTML file with plots: nothing is fetched, so it can be mailed and kept.
struct EvaluationPage {
    private let evaluations: [(pace: Pace?, evaluation: Evaluation)]
    private let choice: AlarmRule.Choice
    /// What was evaluated, for people.
    private let subject: String

    /// A page.
    ///
    /// - Parameters:
    ///   - evaluations: one of what is stored, or one for each pace.
    ///   - choice: how alarm rungs were chosen.
    ///   - subject: what was evaluated, for people.
    init(
        _ evaluations: [(pace: Pace?, evaluation: Evaluation)],
        choice: AlarmRule.Choice,
        subject: String
    ) {
        self.evaluations = evaluations
        self.choice = choice
        self.subject = subject
    }

    /// The file.
    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>riskd evaluation: \(Markup.escaped(subject))</title>
        <style>\(Self.style)</style></head><body><main>
        <h1>riskd evaluation</h1>
        <p class="lead">\(Markup.escaped(subject)). An attempt reaches a level when an account of its, or a campaign at least
        half its own, holds that level while it runs or within 60 s of its last query.</p>
        \(comparison)
        \(evaluations.map(chapter).joined(separator: "\n"))
        </main></body></html>

        """
    }

    private func chapter(_ entry: (pace: Pace?, evaluation: Evaluation)) -> String {
        let title = entry.pace.map { pace in
            let gap = pace == .recorded ? "as recorded" : "\(pace) s between an attempt's queries"
            return "<h2>Pace: \(Markup.escaped(gap))</h2>\n"
        }
        return (title ?? "") + EvaluationChapter(entry.evaluation, choice: choice).html
    }

    /// Several paces side by side.
    private var comparison: String {
        guard evaluations.count > 1 else { return "" }
        let paced = evaluations.compactMap { entry in
            entry.pace.map { PacedEvaluation(pace: $0, evaluation: entry.evaluation) }
        }
        let section = PaceReport(paced: paced, choice: choice).comparison
        return "<h2>\(Markup.escaped(section.title))</h2>\n" + Markup.table(section.report)
    }
}
