import Domain
import Pipeline

/// What one timed run of the pipeline showed.
struct PipelineRun {
    /// The name of the input.
    let input: String
    /// The most images in the history.
    let history: Int
    /// Threads.
    let workers: Int
    /// Records scored and stored.
    let records: Int
    /// Lines that could not be used.
    let deadLetters: Int
    /// Second opinions that could not be formed.
    let opinionFailures: Int
    /// From the first line to the last commit.
    let seconds: Double
    /// What the stages took.
    let stages: [StageClock.Stage: StageClock.Total]
    /// CPU seconds of this process.
    let ownCPU: Double
    /// CPU seconds of PostgreSQL.
    let serverCPU: Double
    /// The most memory of this process while it ran, start-up included; nil where unknown.
    let peakMiB: Double?

    /// Records in a second.
    var rate: Double { Double(records) / max(seconds, 1e-9) }

    /// A stage's wall time for one record, in microseconds.
    func microseconds(_ stage: StageClock.Stage) -> Double {
        (stages[stage]?.duration.inSeconds ?? 0) * 1e6 / Double(max(1, records))
    }

    /// A stage's share of the sum of all stages, in percent; waiting is none.
    func percent(_ stage: StageClock.Stage) -> Double {
        let sum = StageClock.Stage.allCases.filter { $0 != .wait }.reduce(0) { $0 + microseconds($1) }
        return sum > 0 ? microseconds(stage) / sum * 100 : 0
    }
}
