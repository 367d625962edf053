import Console
import Domain
import Pipeline
import Recomputing
import Runtime

/// What a replay of held-out traffic found, as tables.
struct VerdictReport {
    private let verdict: CalibrationVerification.Verdict

    init(_ verdict: CalibrationVerification.Verdict) { self.verdict = verdict }

    /// Writes verdicts one after the other, or as one JSON array.
    static func write(
        _ verdicts: [CalibrationVerification.Verdict],
        _ calibrations: ActiveCalibrations,
        to invocation: Invocation
    ) {
        let terminal = invocation.terminal
        guard invocation.format == .table else {
            terminal.write(JSONValue.array(verdicts.map { VerdictReport($0).json }).prettyText + "\n")
            return
        }
        for verdict in verdicts {
            let report = VerdictReport(verdict)
            terminal.writeLine(
                """
                \(verdict.model): \(verdict.hasPassed ? "passes" : "does not pass") \
                (\(calibrations.ids[verdict.model] ?? "-"))
                """
            )
            terminal.writeLine(
                "\(verdict.records) records of \(verdict.users) users; \(verdict.steps) bets of \(verdict.tracks) tracks"
            )
            report.entries.write(to: terminal, as: .table)
            terminal.write("\n")
            report.exceedances.write(to: terminal, as: .table)
            for (entity, level) in verdict.raised.sorted(by: { $0.key < $1.key }) {
                terminal.writeLine("\(entity) reached \(level)")
            }
            terminal.write("\n")
        }
    }

    var json: JSONValue {
        .object([
            "model": .string(verdict.model.name), "passed": .bool(verdict.hasPassed),
            "records": .integer(Int64(verdict.records)), "users": .integer(Int64(verdict.users)),
            "steps": .integer(Int64(verdict.steps)), "tracks": .integer(Int64(verdict.tracks)),
            "entries": .array(entries.objects), "rung_1": .array(exceedances.objects),
            "raised": .array(
                verdict.raised.sorted { $0.key < $1.key }.map { entity, level in
                    .object(["entity": .string(entity.description), "level": .string(level.description)])
                }
            ),
        ])
    }

    private var entries: Report {
        var report = Report([
            .init("level"), .init("guaranteed_at_most", isNumeric: true), .init("observed", isNumeric: true),
        ])
        for entries in verdict.entries {
            report.append([
                .string(entries.level.description), .number(significant(entries.guaranteed)),
                .integer(Int64(entries.observed)),
            ])
        }
        return report
    }

    private var exceedances: Report {
        var report = Report([
            .init("detector"), .init("rung_1_bound", isNumeric: true),
            .init("rung_1_observed", isNumeric: true), .init("scored", isNumeric: true),
            .init("mean_e_value", isNumeric: true),
        ])
        for exceedance in verdict.exceedances {
            let share = Double(exceedance.exceeding) / Double(max(1, exceedance.scored))
            report.append([
                .string(exceedance.detector.name), .number(significant(exceedance.bound)),
                .number(significant(share)), .integer(Int64(exceedance.scored)),
                .number(significant(exceedance.meanEvidence)),
            ])
        }
        return report
    }
}

/// Three significant digits.
private func significant(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return value }
    var unit = 1.0
    while abs(value) * unit < 100 { unit *= 10 }
    return (value * unit).rounded() / unit
}
