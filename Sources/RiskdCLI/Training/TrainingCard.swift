import Console
import Domain
import RiskdTraining
import Runtime
import Training

/// What a training says of its result: a card in a file, figures on the terminal.
struct TrainingCard {
    let title: String
    let summary: String
    let data: TrainingData
    let score: Tally
    let result: TrainingRun.Result
    var isInterrupted = false

    /// The figures on validation records, in one row.
    var report: Report {
        var report = Report([
            .init("validation_records", isNumeric: true), .init("accuracy_percent", isNumeric: true),
            .init("clean_disagreement_percent", isNumeric: true), .init("adversarial", isNumeric: true),
            .init("recovered_percent", isNumeric: true),
        ])
        report.append([
            .integer(Int64(score.clean)), share(score.correct, of: score.clean),
            share(score.disagreements, of: score.clean), .integer(Int64(score.successful)),
            share(score.recovered, of: score.successful),
        ])
        return report
    }

    /// The card.
    func markdown(
        _ settings: TrainingSettings,
        _ augmentation: Augmentation,
        date: Timestamp,
        command: [String]
    ) -> String {
        var card = ModelCard(title: title, summary: summary)
        card.append(
            "Use",
            [
                "second opinion on": data.model.name,
                "classes, in the order of the output": data.classes.joined(separator: ", "),
            ]
        )
        card.append(
            "Figures on validation records, which taught nothing",
            [
                "clean records": "\(score.clean)",
                "accuracy against their labels": text(score.correct, of: score.clean),
                "clean disagreement with the served model": text(score.disagreements, of: score.clean),
                "budget for it": budget(settings),
                "successful adversarial records and crafted examples": "\(score.successful)",
                "another class than the served model's": text(score.noticed, of: score.successful),
                "class recovered": text(score.recovered, of: score.successful),
            ]
        )
        card.append(
            "Made from",
            [
                "records": "\(data.counts.clean) clean, \(data.counts.adversarial) adversarial",
                "crafted from clean records": "\(data.counts.crafted) adversarial examples, "
                    + "\(data.counts.variations) variations",
                "data hash (SHA-256)": data.digest,
                "seed": "\(settings.seed)",
                "network": "\(result.network.parameterCount) numbers, of epoch \(result.epoch)"
                    + (isInterrupted ? ", interrupted" : ""),
                "noise": "\(augmentation.noise)",
                "share displaced": "\(augmentation.displacedShare)",
                "matrix kernels": matrixKernels,
                "date": date.description,
                "command": command.joined(separator: " "),
            ]
        )
        return card.markdown
    }

    /// Whether a budget was given, and kept to.
    private func budget(_ settings: TrainingSettings) -> String {
        guard let budget = settings.cleanDisagreement else { return "none" }
        return "\(percent(budget)), \(score.cleanDisagreement <= budget ? "kept to" : "missed")"
    }

    private func share(_ count: Int, of total: Int) -> JSONValue {
        total == 0 ? .null : .number((Double(count) / Double(total) * 1000).rounded() / 10)
    }

    private func text(_ count: Int, of total: Int) -> String {
        total == 0 ? "-" : "\(count) of \(total), \(percent(Double(count) / Double(total)))"
    }
}
