package import Configuration
package import Domain
import Ingest
import Runtime
package import Scoring

/// Builds calibrations from recorded benign traffic, through the same detectors that score live records.
package struct CalibrationRun: Sendable {
    /// What was built.
    package struct Result: Sendable {
        /// A calibration for every model that the logs hold, ordered by model.
        package var calibrations: [Calibration] = []
        /// Records used, by model.
        package var records: [ModelID: Int] = [:]
        /// Records left out because their id came twice.
        package var duplicates = 0
        /// Lines that could not be used.
        package var deadLetters: [DeadLetter] = []
    }

    private let configuration: Configuration
    private let plans: DetectorPlans

    /// A run.
    ///
    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - plans: the detectors to calibrate.
    package init(_ configuration: Configuration, plans: DetectorPlans) {
        self.configuration = configuration
        self.plans = plans
    }

    /// Reads the logs, in the order of time, and builds.
    ///
    /// - Parameters:
    ///   - logs: recorded logs of ordinary users only.
    ///   - only: the one model to build for; nil for all.
    ///   - progress: told the bytes read and, where known, the bytes in all.
    /// - Returns: what was built.
    /// - Throws: `IngestError`, or `ScoringError` when there is too little traffic.
    package func build(
        from logs: [String],
        only: ModelID? = nil,
        progress: (Int64, Int64?) -> Void
    ) async throws -> Result {
        let source = SourceFactory.recorded(logs, maximumLine: configuration.ingest.maximumLine, known: [])
        let detectors = Detectors(plans: plans, pool: WorkerPool(width: configuration.workers))
        let decoder = RecordDecoder()
        var result = Result()
        var met: Set<RecordKey> = []
        var scores: [ModelID: [DetectorID: [Double]]] = [:]
        var versions: [ModelID: Set<String>] = [:]
        var sequence: Int64 = 0
        while true {
            let batch = try source.next(maximumItems: 256, maximumBytes: 16 << 20)
            var incoming: [IncomingRecord] = []
            for item in batch.items {
                switch item {
                case .unusable(let letter): result.deadLetters.append(letter)
                case .line(let line):
                    switch decoder.decode(line) {
                    case .rejected(let rejection): result.deadLetters.append(DeadLetter(line, rejection))
                    case .record(let record):
                        guard only.map({ $0 == record.model }) ?? true else { continue }
                        guard met.insert(RecordKey(model: record.model, id: record.id)).inserted else {
                            result.duplicates += 1
                            continue
                        }
                        sequence += 1
                        incoming.append(IncomingRecord(sequence: sequence, record: record))
                        result.records[record.model, default: 0] += 1
                        versions[record.model, default: []].insert(record.modelVersion ?? "")
                    }
                }
            }
            for (incoming, detection) in zip(incoming, await detectors.observe(incoming)) {
                for (detector, score) in detection.allScores {
                    scores[incoming.record.model, default: [:]][detector, default: []].append(score)
                }
            }
            let position = source.progress
            progress(position.read, position.total)
            if batch.isCaughtUp && batch.items.isEmpty { break }
        }
        for (model, byDetector) in scores.sorted(by: { $0.key < $1.key }) {
            // A version is only named where all traffic was of that one.
            let version = versions[model].flatMap { $0.count == 1 ? $0.first : nil } ?? ""
            result.calibrations.append(try calibration(of: model, version, byDetector))
        }
        return result
    }

    private func calibration(
        of model: ModelID,
        _ version: String,
        _ scores: [DetectorID: [Double]]
    ) throws(ScoringError) -> Calibration {
        var builder = try CalibrationBuilder(
            model: model,
            modelVersion: version.isEmpty ? nil : version,
            detectorConfiguration: plans.description(of: model),
            fractions: configuration.calibration.fractions,
            delta: configuration.calibration.delta
        )
        for (detector, values) in scores { builder.add(values, for: detector) }
        return try builder.build()
    }
}

private struct RecordKey: Hashable {
    let model: ModelID
    let id: RecordID
}

extension Detection {
    /// The scores of all scopes, each detector once; a campaign's only of records that joined one.
    fileprivate var allScores: [(detector: DetectorID, score: Double)] {
        let user = findings.scores(for: .user)
        let met = Set(user.map(\.detector))
        let both = user + findings.scores(for: .model).filter { !met.contains($0.detector) }
        return both + (link?.step?.scores ?? [])
    }
}
