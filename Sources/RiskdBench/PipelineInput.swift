import Configuration
import Console
import Domain
import Ingest
import RiskdCLI
import Runtime

/// How much is generated, filled and timed.
struct PipelineSize {
    /// The fewest benign records that a calibration is built from.
    static let calibrationRecords = 1000

    /// Records of each timed run.
    let records: Int
    /// Images in the history.
    let history: Int
    /// Threads.
    let workers: Int
    /// Generated records in a second of event time, on average.
    let rate: Int
    /// Whether neither one worker nor a shorter history is timed.
    let isFirstOnly: Bool
}

/// The logs of one kind of input, uncompressed, so that decompression is not measured.
struct PipelineInput {
    let name: String
    /// Settings but for the database, workers and history.
    let configuration: Configuration
    /// Benign records; nil leaves the model uncalibrated.
    let calibration: String?
    /// What fills the history.
    let fill: (path: String, records: Int)
    let timed: (path: String, records: Int)

    /// Generates logs of one shape.
    ///
    /// - Parameters:
    ///   - images: what is new; with recorded ones the history is filled with nothing else.
    ///   - configuration: with the model's opinions, if any.
    ///   - features: what lines have as features where there are opinions.
    ///   - size: how much.
    ///   - directory: where the logs go; exists.
    ///   - terminal: shows the progress.
    /// - Returns: the logs.
    /// - Throws: `CommandFailure`.
    static func generate(
        _ images: ImageSupply,
        _ configuration: Configuration,
        features: [[Float]],
        size: PipelineSize,
        in directory: String,
        _ terminal: Terminal
    ) throws(CommandFailure) -> PipelineInput {
        let shape = images.shape
        let hasOpinions = configuration.models[ModelID("bench")]?.opinions.isEmpty == false
        var traffic = Traffic(
            images,
            model: "bench",
            features: hasOpinions ? features : [],
            rate: size.rate
        )
        let isFilledWithNew = if case .recorded = images { true } else { false }
        let counts = [PipelineSize.calibrationRecords, size.history, size.records]
        let total = counts.reduce(0, +)
        var progress = Progress("generating \(shape)", total: total, on: terminal)
        var done = 0
        var paths: [String] = []
        for (name, count) in zip(["calibration", "fill", "timed"], counts) {
            let log = try LogFile("\(directory)/\(name).ndjson")
            for _ in 0..<count {
                log.append(traffic.line(isBenign: name == "calibration" || name == "fill" && isFilledWithNew))
                done += 1
                progress.update(done)
            }
            log.flush()
            paths.append(log.path)
        }
        progress.finish(done)
        return PipelineInput(
            name: "\(shape)",
            configuration: configuration,
            calibration: paths[0],
            fill: (paths[1], size.history),
            timed: (paths[2], size.records)
        )
    }

    /// Splits a recorded log: its first records fill the history, those after them are timed.
    ///
    /// - Parameters:
    ///   - path: the log.
    ///   - configuration: for the log's models.
    ///   - size: how much; a log that is too short gives half of its records to each part.
    ///   - directory: where the parts go; exists.
    /// - Returns: the parts.
    /// - Throws: `CommandFailure`, or `IngestError`.
    static func split(
        _ path: String,
        _ configuration: Configuration,
        size: PipelineSize,
        in directory: String
    ) throws -> PipelineInput {
        var total = 0
        try RecordedLines(path: path).forEach { _ in
            total += 1
            return total < size.history + size.records
        }
        guard total >= 2 else { throw CommandFailure("\(path) holds fewer than two records") }
        let first = min(size.history, max(total / 2, total - size.records))
        let second = min(size.records, total - first)
        let fill = try LogFile("\(directory)/fill.ndjson")
        let timed = try LogFile("\(directory)/timed.ndjson")
        try RecordedLines(path: path).forEach { line in
            let log = fill.lines < first ? fill : timed
            log.append(String(decoding: line.bytes, as: UTF8.self) + "\n")
            return timed.lines < second
        }
        fill.flush()
        timed.flush()
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return PipelineInput(
            name: name,
            configuration: configuration,
            calibration: nil,
            fill: (fill.path, fill.lines),
            timed: (timed.path, timed.lines)
        )
    }
}
