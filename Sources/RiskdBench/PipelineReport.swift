import Console
import Pipeline
import RiskdCLI
import Runtime

/// Prints timed runs: three small tables for people, all columns at once for programs.
struct PipelineReport {
    let runs: [PipelineRun]

    private static let key: [Report.Column] = [
        .init("input"), .init("history", isNumeric: true), .init("workers", isNumeric: true),
    ]
    private static let throughput: [Report.Column] = [
        "records", "seconds", "records_per_s", "ratio", "riskd_cores", "postgres_cores", "cpu_us", "peak_mib",
        "dead_letters", "opinion_failures",
    ].map { .init($0, isNumeric: true) }

    /// Writes all runs.
    func write(to terminal: Terminal, as format: OutputFormat) {
        guard format == .table else {
            report(
                columns: Self.throughput + stages("_us", StageClock.Stage.allCases)
                    + stages("_percent", Self.work)
            ) { figures($0) + microseconds($0, StageClock.Stage.allCases) + percent($0) }
            .write(to: terminal, as: format)
            return
        }
        report(columns: Self.throughput, figures).write(to: terminal, as: .table)
        terminal.writeLine(
            "ratio: records/s against the first run of the same input; cores: CPU time / wall time; cpu_us: CPU time of both, a record."
        )
        terminal.writeLine("")
        terminal.writeLine("Wall time of each stage, microseconds per record:")
        report(columns: stages("", StageClock.Stage.allCases)) { microseconds($0, StageClock.Stage.allCases) }
            .write(to: terminal, as: .table)
        terminal.writeLine("")
        terminal.writeLine("Share of each stage in their sum, percent:")
        report(columns: stages("", Self.work), percent).write(to: terminal, as: .table)
        terminal.writeLine(
            "commit overlaps the other stages of the next batch, and PostgreSQL shares the cores;"
        )
        terminal.writeLine(
            "wait is the time for which scoring stood still because a commit was not done yet."
        )
    }

    private static let work = StageClock.Stage.allCases.filter { $0 != .wait }

    private func report(columns: [Report.Column], _ values: (PipelineRun) -> [JSONValue]) -> Report {
        var report = Report(Self.key + columns)
        for run in runs {
            report.append(
                [.string(run.input), .integer(Int64(run.history)), .integer(Int64(run.workers))] + values(run)
            )
        }
        return report
    }

    private func figures(_ run: PipelineRun) -> [JSONValue] {
        let first = runs.first { $0.input == run.input } ?? run
        return [
            .integer(Int64(run.records)), .number(rounded(run.seconds, 2)), .number(rounded(run.rate, 0)),
            .number(rounded(run.rate / max(first.rate, 1e-9), 2)),
            .number(rounded(run.ownCPU / max(run.seconds, 1e-9), 2)),
            .number(rounded(run.serverCPU / max(run.seconds, 1e-9), 2)),
            .number(rounded((run.ownCPU + run.serverCPU) / Double(max(run.records, 1)) * 1e6, 0)),
            run.peakMiB.map { .number(rounded($0, 0)) } ?? .null,
            .integer(Int64(run.deadLetters)), .integer(Int64(run.opinionFailures)),
        ]
    }

    private func stages(_ suffix: String, _ stages: [StageClock.Stage]) -> [Report.Column] {
        stages.map { .init($0.rawValue + suffix, isNumeric: true) }
    }

    private func microseconds(_ run: PipelineRun, _ stages: [StageClock.Stage]) -> [JSONValue] {
        stages.map { .number(rounded(run.microseconds($0), 0)) }
    }

    private func percent(_ run: PipelineRun) -> [JSONValue] {
        Self.work.map { .number(rounded(run.percent($0), 1)) }
    }
}
