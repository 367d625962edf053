import Console
import RiskdTraining
import Runtime

/// Second opinions side by side, as tables or JSON.
struct OpinionReport {
    let verdicts: [OpinionComparison.Verdict]

    func write(to terminal: Terminal, as format: OutputFormat) {
        switch format {
        case .table:
            terminal.writeLine("all opinions")
            summary.write(to: terminal, as: .table)
            terminal.write("\n")
            terminal.writeLine("successful adversarial records by attack")
            attacks.write(to: terminal, as: .table)
        case .json:
            let both: JSONValue = .object([
                "opinions": .array(summary.objects), "attacks": .array(attacks.objects),
            ])
            terminal.write(both.prettyText + "\n")
        case .ndjson, .csv, .yaml: attacks.write(to: terminal, as: format)
        }
        for verdict in verdicts where verdict.silent > 0 {
            terminal.note("\(verdict.variant.name): \(verdict.silent) records lack its input")
        }
    }

    private var summary: Report {
        var report = Report([
            .init("opinion"), .init("clean", isNumeric: true),
            .init("served_accuracy_percent", isNumeric: true),
            .init("accuracy_percent", isNumeric: true), .init("clean_disagreement_percent", isNumeric: true),
            .init("adversarial", isNumeric: true), .init("disagreement_percent", isNumeric: true),
            .init("recovered_percent", isNumeric: true),
        ])
        for verdict in verdicts {
            let clean = verdict.clean
            let attacked = total(verdict)
            report.append([
                .string(verdict.variant.name), .integer(Int64(clean.records)),
                share(clean.servedCorrect, of: clean.known), share(clean.correct, of: clean.known),
                share(clean.disagreements, of: clean.records), .integer(Int64(attacked.records)),
                share(attacked.disagreements, of: attacked.records),
                share(attacked.recovered, of: attacked.records),
            ])
        }
        return report
    }

    private var attacks: Report {
        var report = Report([
            .init("attack"), .init("opinion"), .init("instances", isNumeric: true),
            .init("records", isNumeric: true), .init("disagreement_percent", isNumeric: true),
            .init("recovered_percent", isNumeric: true),
        ])
        let names = Set(verdicts.flatMap(\.attacks.keys)).sorted()
        for (title, wanted) in groups(names) {
            for verdict in verdicts {
                let group = wanted.compactMap { verdict.attacks[$0] }
                    .reduce(into: OpinionComparison.Attacked()) { $0.merge($1) }
                report.append([
                    .string(title), .string(verdict.variant.name), .integer(Int64(group.instances.count)),
                    .integer(Int64(group.records)), share(group.disagreements, of: group.records),
                    share(group.recovered, of: group.records),
                ])
            }
        }
        return report
    }

    /// Each attack, and all that know the model's gradient together.
    private func groups(_ names: [String]) -> [(title: String, names: [String])] {
        let whitebox = names.filter { !$0.hasSuffix("(blackbox)") }
        let single = names.map { (title: $0, names: [$0]) }
        return whitebox.count > 1 ? single + [("all but black-box", whitebox)] : single
    }

    private func total(_ verdict: OpinionComparison.Verdict) -> OpinionComparison.Attacked {
        verdict.attacks.values.reduce(into: .init()) { $0.merge($1) }
    }

    private func share(_ count: Int, of total: Int) -> JSONValue {
        total == 0 ? .null : .number((Double(count) / Double(total) * 1000).rounded() / 10)
    }
}
