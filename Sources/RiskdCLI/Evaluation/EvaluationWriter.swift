import Console
import Runtime

/// Writes one evaluation of what is stored, or one of each pace.
struct EvaluationWriter {
    /// One without a pace, or one for each pace.
    let evaluations: [(pace: Pace?, evaluation: Evaluation)]
    let choice: AlarmRule.Choice

    private var paces: PaceReport? {
        let paced = evaluations.compactMap { entry in
            entry.pace.map { PacedEvaluation(pace: $0, evaluation: entry.evaluation) }
        }
        return paced.isEmpty ? nil : PaceReport(paced: paced, choice: choice)
    }

    /// Writes it: tables for people, one document, or a row of any table a line.
    func write(to terminal: Terminal, as format: OutputFormat) {
        switch format {
        case .table: writeTables(to: terminal)
        case .json: terminal.writeJSON(document.prettyText + "\n")
        case .yaml: terminal.write(document.yamlText)
        case .ndjson, .csv: writeRows(to: terminal, as: format)
        }
        for entry in evaluations {
            let prefix = entry.pace.map { "\($0): " } ?? ""
            for note in report(entry.evaluation).notes { terminal.note(prefix + note) }
        }
    }

    private var document: JSONValue { paces?.json ?? report(evaluations[0].evaluation).json }

    private func report(_ evaluation: Evaluation) -> EvaluationReport {
        EvaluationReport(evaluation, choice: choice)
    }

    private func writeTables(to terminal: Terminal) {
        func write(_ sections: [EvaluationSection], _ pace: Pace?) {
            for section in sections {
                terminal.writeLine((pace.map { "pace \($0): " } ?? "") + section.title)
                section.report.write(to: terminal, as: .table)
                if section.key != sections.last?.key || pace != nil { terminal.write("\n") }
            }
        }
        if evaluations.count > 1, let paces {
            // Of several paces only what differs by design; everything is in the other formats.
            write([paces.comparison], nil)
            terminal.write("\n")
            for entry in evaluations { write(report(entry.evaluation).levels.sections, entry.pace) }
        } else {
            for entry in evaluations {
                write(report(entry.evaluation).sections, entry.pace)
                terminal.writeLine(report(entry.evaluation).campaignSummary)
            }
        }
    }

    /// A line for each row of each table.
    ///
    /// CSV has the columns of all tables; those of others are empty.
    private func writeRows(to terminal: Terminal, as format: OutputFormat) {
        var tables: [(pace: Pace?, section: EvaluationSection)] = []
        if evaluations.count > 1, let paces { tables.append((nil, paces.comparison)) }
        for entry in evaluations {
            let report = report(entry.evaluation)
            let sections = report.levels.sections + [report.levels.attempts]
            tables += (sections + report.others).map { (entry.pace, $0) }
        }
        let first = [Report.Column("table")] + (paces == nil ? [] : [Report.Column("pace")])
        func head(_ pace: Pace?, _ section: EvaluationSection) -> [JSONValue] {
            [.string(section.key)] + (paces == nil ? [] : [pace.map { .string($0.description) } ?? .null])
        }
        guard format == .csv else {
            for (pace, section) in tables {
                var rows = Report(first + section.report.columns)
                for row in section.report.rows { rows.append(head(pace, section) + row) }
                rows.write(to: terminal, as: .ndjson)
            }
            return
        }
        var names: [String] = []
        for (_, section) in tables {
            for column in section.report.columns where !names.contains(column.name) {
                names.append(column.name)
            }
        }
        var all = Report(first + names.map { Report.Column($0) })
        for (pace, section) in tables {
            for row in section.report.rows {
                let values = Dictionary(uniqueKeysWithValues: zip(section.report.columns.map(\.name), row))
                all.append(head(pace, section) + names.map { values[$0] ?? .null })
            }
        }
        all.write(to: terminal, as: .csv)
    }
}
