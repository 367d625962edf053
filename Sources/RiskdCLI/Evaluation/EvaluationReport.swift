import Domain
import Runtime

/// An evaluation as tables.
struct EvaluationReport {
    private let evaluation: Evaluation
    private let signal: Int

    init(_ evaluation: Evaluation, signal: Int) {
        self.evaluation = evaluation
        self.signal = signal
    }

    func write(to terminal: Terminal, as format: OutputFormat) {
        guard format == .table else {
            terminal.write(json.prettyText + "\n")
            return
        }
        terminal.writeLine("attacks (a signal exceeds \(signal) or more thresholds)")
        attacks.write(to: terminal, as: .table)
        terminal.write("\n")
        terminal.writeLine("benign styles")
        styles.write(to: terminal, as: .table)
        terminal.write("\n")
        terminal.writeLine("accounts by highest level")
        levels.write(to: terminal, as: .table)
        terminal.write("\n")
        terminal.writeLine("attacking accounts")
        accounts.write(to: terminal, as: .table)
        terminal.write("\n")
        CampaignReport(evaluation: evaluation.campaigns).write(to: terminal)
        if evaluation.missing > 0 {
            terminal.note("\(evaluation.missing) records of the truth file are not stored")
        }
        if evaluation.unknown > 0 {
            terminal.note("\(evaluation.unknown) stored records are not in the truth file")
        }
    }

    private var json: JSONValue {
        .object([
            "attacks": .array(attacks.objects), "benign_styles": .array(styles.objects),
            "accounts_by_level": .array(levels.objects), "attacking_accounts": .array(accounts.objects),
            "campaigns": CampaignReport(evaluation: evaluation.campaigns).json,
            "missing": .integer(Int64(evaluation.missing)), "unknown": .integer(Int64(evaluation.unknown)),
        ])
    }

    /// Every rung that a query reached.
    private var rungs: ClosedRange<Int> {
        1...max(
            1,
            (Array(evaluation.attacks.values) + Array(evaluation.styles.values)).map(\.reached.count).max()
                ?? 1
        )
    }

    private var attacks: Report {
        var report = Report(
            [
                .init("attack"), .init("instances", isNumeric: true), .init("detected", isNumeric: true),
                .init("median_query_of_first_signal", isNumeric: true), .init("queries", isNumeric: true),
                .init("signalled", isNumeric: true),
            ] + rungs.map { .init("rung_\($0)_percent", isNumeric: true) }
        )
        for (name, group) in evaluation.attacks.sorted(by: { $0.key < $1.key }) + [
            ("all", total(evaluation.attacks))
        ] {
            report.append(
                [
                    .string(name), .integer(Int64(group.instances.count)), .integer(Int64(group.detected)),
                    group.medianUntilSignal.map { .integer(Int64($0)) } ?? .null,
                    .integer(Int64(group.queries)), .integer(Int64(group.atLeast(signal))),
                ] + shares(group)
            )
        }
        return report
    }

    private var styles: Report {
        var report = Report(
            [.init("style"), .init("queries", isNumeric: true), .init("signalled", isNumeric: true)]
                + rungs.map { .init("rung_\($0)_percent", isNumeric: true) }
        )
        for (name, group) in evaluation.styles.sorted(by: { $0.key < $1.key }) + [
            ("all", total(evaluation.styles))
        ] {
            report.append(
                [.string(name), .integer(Int64(group.queries)), .integer(Int64(group.atLeast(signal)))]
                    + shares(group)
            )
        }
        return report
    }

    private var levels: Report {
        var report = Report([
            .init("highest_level"), .init("attacking_accounts", isNumeric: true),
            .init("benign_accounts", isNumeric: true),
        ])
        let accounts = evaluation.accounts.values
        for level in Level.allCases.reversed().map(Optional.some) + [nil] {
            let reached = accounts.filter { $0.highest == level }
            report.append([
                .string(word(level)), .integer(Int64(reached.count { $0.isAttacker })),
                .integer(Int64(reached.count { !$0.isAttacker })),
            ])
        }
        return report
    }

    private var accounts: Report {
        var report = Report([
            .init("account"), .init("attacks"), .init("instances", isNumeric: true),
            .init("queries", isNumeric: true), .init("highest_level"),
        ])
        for (entity, account) in evaluation.accounts.sorted(by: { $0.key < $1.key }) where account.isAttacker
        {
            report.append([
                .string(entity.description), .string(account.attacks.sorted().joined(separator: ", ")),
                .integer(Int64(account.instances.count)), .integer(Int64(account.queries)),
                .string(word(account.highest)),
            ])
        }
        return report
    }

    private func shares(_ group: Evaluation.Group) -> [JSONValue] {
        rungs.map { rung in
            guard group.queries > 0 else { return .null }
            return .number((Double(group.atLeast(rung)) / Double(group.queries) * 1000).rounded() / 10)
        }
    }

    private func total(_ groups: [String: Evaluation.Group]) -> Evaluation.Group {
        groups.values.reduce(into: Evaluation.Group()) { $0.merge($1) }
    }
}
