import Console
import Domain
import Runtime
import Scoring

/// What scores are bet at, by mark and past: what a calibration that bets by the query is worth.
struct BetReport {
    /// The table of a calibration; without rows where it bets on the mean of a tick.
    let report: Report

    init(_ calibration: Calibration) {
        var report = Report([
            .init("detector"), .init("after_remarkable", isNumeric: true), .init("worth", isNumeric: true),
            .init("mark", isNumeric: true), .init("rung", isNumeric: true), .init("calm", isNumeric: true),
            .init("remarkable", isNumeric: true), .init("recent", isNumeric: true),
            .init("previous", isNumeric: true),
        ])
        for detector in calibration.detectors {
            guard let bets = detector.bets else { continue }
            for mark in 1..<(BetTable.marks + 1) {
                report.append(
                    [
                        .string(detector.detector.name), .integer(Int64(bets.pairs)),
                        .integer(Int64(bets.worth)), .integer(Int64(mark)),
                        .integer(Int64(bets.rungs[mark - 1])),
                    ] + BetTable.Past.allCases.map { past in .number(bets.bet(onMark: mark, past: past)) }
                )
            }
        }
        self.report = report
    }

    /// Writes the table, with a word on what it says.
    func write(to terminal: Terminal, of calibration: Calibration) {
        guard calibration.betsByQuery else {
            terminal.writeLine(
                "bets on the mean of a tick, as calibrations of the first edition do: build one anew to bet by the query"
            )
            return
        }
        terminal.writeLine(
            "what a query of a mark multiplies a full stake by, by what the last eight said of it:"
        )
        report.write(to: terminal, as: .table)
    }
}
