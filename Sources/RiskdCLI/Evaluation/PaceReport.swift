import Console
import Domain
import Runtime

/// Evaluations at several paces, side by side.
struct PaceReport {
    let paced: [PacedEvaluation]
    let choice: AlarmRule.Choice

    /// The attempts of each attack at medium and high, a column a pace, and how far apart any two paces are.
    var comparison: EvaluationSection {
        var report = Report(
            [.init("attack"), .init("attempts", isNumeric: true), .init("level")]
                + paced.map { .init("\($0.pace)", isNumeric: true) }
                + [.init("largest_difference", isNumeric: true)]
        )
        let groups = paced.map {
            Dictionary(uniqueKeysWithValues: $0.evaluation.levels.groups.map { ($0.name, $0) })
        }
        for group in paced.first?.evaluation.levels.groups ?? [] {
            for level in [Level.medium, .high] {
                let counts = groups.map { $0[group.name]?.count(level) ?? 0 }
                report.append(
                    [
                        .string(group.name), .integer(Int64(group.attempts.count)),
                        .string(level.description),
                    ] + counts.map { .integer(Int64($0)) }
                        + [.integer(Int64((counts.max() ?? 0) - (counts.min() ?? 0)))]
                )
            }
        }
        return EvaluationSection(
            key: "paces",
            title: "attempts at medium and high by pace (seconds between an attempt's queries)",
            report: report
        )
    }

    /// Everything as one object.
    var json: JSONValue {
        .object([
            "comparison": .array(comparison.report.objects),
            "paces": .array(
                paced.map { paced in
                    guard case .object(let members) = report(paced).json else { return .null }
                    return .object([.init("pace", .string(paced.pace.description))] + members)
                }
            ),
        ])
    }

    func report(_ paced: PacedEvaluation) -> EvaluationReport {
        EvaluationReport(paced.evaluation, choice: choice)
    }
}
