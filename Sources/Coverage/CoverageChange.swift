package import Domain

/// Something that riskd began, or ceased, to be blind for.
package struct CoverageChange: Hashable, Sendable {
    /// What is blind.
    package enum Blindness: Hashable, Sendable {
        /// Lines of a source, or of a model, are of no use.
        case lines(CoverageKey)
        /// A detector says nothing of a model's records.
        case detector(DetectorID, CoverageKey)
    }

    /// What is blind.
    package let blindness: Blindness
    /// Whether it is now; false: it is over.
    package let isBlind: Bool
    /// Figures, cause and what to do next; what it was where it is over.
    package let text: String
    /// The number, among all lines, of the one that decided.
    package let line: Int64
}

extension CoverageRow {
    /// What is wrong in some respects, in words.
    func text(_ measures: some Sequence<CoverageMeasure>) -> String {
        measures.sorted().map { text($0) }.joined(separator: "; ")
    }

    /// Whose lines these are, in words.
    package var title: String {
        switch key {
        case .source(let path): path
        case .model(let model): "the model \(model.name)"
        case .otherSources: "sources that are too many to be watched one by one"
        case .otherModels: "models that are too many to be watched one by one"
        }
    }

    /// Such as `of the last 200 lines of /var/log/a.ndjson, 96 % could not be used (missing_field; before: 0.2 %): ...`.
    package func text(_ measure: CoverageMeasure) -> String {
        let gauge = gauges[measure] ?? CoverageGauge()
        var figures = gauge.recently
        if !gauge.isWorseNow { figures = gauge.lately }
        let unit = measure == .deadLetters ? "lines" : "records"
        var notes: [String] = []
        if let cause = cause(of: measure) { notes.append(cause) }
        if measure == .deadLetters, cause(of: measure) == "time_in_future", let lead {
            notes.append("\(spoken(lead)) ahead of this host's clock")
        }
        if gauge.isBaselineKnown {
            notes.append("before: \(percent(gauge.baseline, of: CoverageRule.whole))")
        }
        let share = percent(Int64(figures.bad), of: Int64(figures.lines))
        let note = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
        return
            "of the last \(figures.lines) \(unit) of \(title), \(share) \(predicate(measure))\(note): \(advice(measure))"
    }

    private func predicate(_ measure: CoverageMeasure) -> String {
        switch measure {
        case .deadLetters: "could not be used"
        case .repeats: "repeat records that were met before"
        case .late: "came after their tick was closed"
        case .degraded: "were scored without a field, or with less of it"
        case .uncompared: "were compared with nothing"
        case .missing(let opinion): "are without \(opinion.name)"
        }
    }

    private func advice(_ measure: CoverageMeasure) -> String {
        switch measure {
        case .deadLetters where cause(of: measure) == "time_in_future":
            "set this host's clock, or the writer's, right, then riskd replay what was refused"
        case .deadLetters: "riskd dump dead_letter shows them"
        case .repeats: "see what writes the same lines again and again"
        case .late: "compare the hosts' clocks, or raise scoring.lateness"
        case .degraded: "riskctl get observations shows which fields; see what the logger writes"
        case .uncompared: "see whether the logger still writes the inputs, and in one shape"
        case .missing: "see whether the logger writes what the opinion is fed, and riskctl get detectors"
        }
    }
}

extension CoverageGauge {
    /// Whether the last 200 lines show more of it than the last 2,000.
    var isWorseNow: Bool {
        let (now, long) = (recently, lately)
        return now.bad * long.lines >= long.bad * now.lines
    }
}

/// A share with one decimal, rounded half up: `96 %`, `0.2 %`.
func percent(_ part: Int64, of whole: Int64) -> String {
    guard whole > 0 else { return "0 %" }
    let tenths = (part * 2000 + whole) / (2 * whole)
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
}

/// A time in whole seconds, or minutes and seconds from two minutes on.
func spoken(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    guard seconds >= 120 else { return "\(seconds) s" }
    let rest = seconds % 60
    return rest == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(rest) s"
}
