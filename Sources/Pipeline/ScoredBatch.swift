package import Coverage
package import Domain
package import Storage

/// One transaction's content, and what the metrics tell of it once it is committed.
package struct ScoredBatch: Sendable {
    /// What is written.
    package var commit: CommitBatch
    package let bytesRead: Int64
    /// Records that had been met before.
    package var duplicates = 0
    /// Records that had not, but whose id another content had.
    package var reusedIDs: [(model: ModelID, record: RecordID)] = []
    /// Records that lack what similarity compares, by model.
    package var uncompared: [ModelID: Int] = [:]
    /// How well records' times fitted, by the path that they were read from.
    package var punctuality: [String: Punctuality] = [:]
    /// Records that were refused because they are too far ahead of the clock.
    package var future: [FutureRecord] = []
    /// Records whose input had nothing before it to be compared with, of its shape, by model.
    package var alone: [ModelID: Int] = [:]
    /// Signals (rungs above 0), by detector.
    package var signals: [DetectorID: Int] = [:]
    /// Second opinions that could not be formed, by name.
    package var opinionFailures: [String: Int] = [:]
    /// One of the failures, in words, by opinion.
    package var opinionFailureReasons: [String: String] = [:]
    /// What the bound on all histories took from some.
    package var shortened = ShortenedHistories()
    /// The state of the models' histories after the batch; only those that changed, but for a run's first batch.
    package var histories: [ModelID: HistoryUse] = [:]
    /// How many user entities stand at each level after the batch.
    package var usersByLevel: [Level: Int] = [:]
    /// How many campaigns stand at each level after the batch.
    package var campaignsByLevel: [Level: Int] = [:]

    /// Each model's calibration's health after the batch.
    package var calibrationHealth: [(model: ModelID, health: CalibrationHealth)] = []
    /// The newest event time of the traffic that each calibration was built from.
    package var calibrationNewest: [ModelID: Timestamp] = [:]

    /// What riskd began or ceased to be blind for.
    package var blindness: [CoverageKeeper.Notice] = []
    /// What changed of how much can be seen.
    package var coverage = CoverageState()
    /// Why riskd is blind for something after the batch, a sentence each.
    package var blindReasons: [String] = []

    /// A batch without rows.
    init(_ commit: CommitBatch, bytesRead: Int64) {
        self.commit = commit
        self.bytesRead = bytesRead
    }

    /// How many records a field was not used of as it was logged.
    package var degraded: [DegradedField: Int] {
        commit.observations.reduce(into: [:]) { counts, observation in
            for field in observation.record.degraded { counts[field, default: 0] += 1 }
        }
    }

    /// Records that are late.
    package var late: Int { commit.observations.count { $0.isLate } }

    /// Records whose time was far ahead of their source's others, or of the clock.
    package var ahead: Int { commit.observations.count { $0.isAhead } }

    package mutating func add(_ observation: Observation, _ detection: Detection) {
        commit.observations.append(observation)
        switch observation.findings.model?.searched {
        case nil: uncompared[observation.record.model, default: 0] += 1
        case 0: alone[observation.record.model, default: 0] += 1
        default: break
        }
        // Opinions feed both tracks but signal once.
        let rungs = observation.userRungs + observation.modelRungs + observation.campaignRungs
        let signalling = rungs.filter { $0.rung > 0 }.map(
            \.detector
        )
        for detector in Set(signalling) { signals[detector, default: 0] += 1 }
        for failure in detection.failedOpinions {
            opinionFailures[failure.name, default: 0] += 1
            opinionFailureReasons[failure.name] = failure.reason
        }
    }
}
