package import Domain

/// Everything that one transaction makes durable.
package struct CommitBatch: Sendable {
    /// How far a source was read in this batch.
    package struct SourceUpdate: Hashable, Sendable {
        /// The source with its new position.
        package let file: SourceFile
        /// The offset that the database must still hold; nil for a source that it does not know yet.
        package let expectedOffset: Int64?

        package init(file: SourceFile, expectedOffset: Int64?) {
            self.file = file
            self.expectedOffset = expectedOffset
        }
    }

    /// The fence: how many batches the database must hold before this one.
    package var expectedBatch: Int64
    /// The last observation's sequence number after this batch.
    package var sequence: Int64
    /// The watermark after this batch.
    package var watermark: Timestamp?
    /// The last closed tick after this batch.
    package var lastClosedTick: Tick?
    /// The next sample's id after this batch.
    package var nextSampleID: Int64
    /// Where the wall clock moved the watermark in this batch.
    package var clockAdvance: Timestamp?
    /// New observations, in order; those with what similarity compares go to the history as well.
    package var observations: [Observation] = []
    /// Models of which similarity compares features, not images.
    package var featureModels: Set<ModelID> = []
    /// The histograms of the ticks that this batch closes.
    package var histograms: [TickHistogram] = []
    /// New samples.
    package var samples: [Sample] = []
    /// The artefacts that new samples were counted by, where not by their model's pooled calibration; by sample.
    package var sampleCalibrations: [Int64: String] = [:]
    /// Changes of the calibrations' health.
    package var healthChanges: [CalibrationHealthChange] = []
    /// New level changes.
    package var levelChanges: [LevelChange] = []
    /// New dead letters.
    package var deadLetters: [DeadLetter] = []
    /// Sources that were read.
    package var sources: [SourceUpdate] = []
    /// How far sources have come in event time, of those that moved.
    package var sourceProgress: [SourceProgress] = []
    /// Sources that are idle: what they had reached no longer counts.
    package var forgottenSources: [String] = []
    /// Tracks that changed.
    package var tracks: [StoredTrack] = []
    /// Tracks that are gone.
    package var evicted: [StoredTrack.Key] = []
    /// Campaigns that were joined, as they are after this batch.
    package var campaigns: [ModelID: [Campaign]] = [:]
    /// What the models' similarity histories hold after this batch.
    package var historyWindows: [StoredWindow] = []
    /// Models of which nothing is remembered any more.
    package var forgottenModels: [ModelID] = []
    /// Alerts that changed, as they are after this batch, ordered by id.
    package var alerts: [Alert] = []
    /// What happened to alerts, in order.
    package var alertEvents: [AlertEvent] = []
    /// What somebody may want to know of alerts, in order.
    package var notices: [AlertNotice] = []
    /// What changed in the account of how much can be seen.
    package var coverage = CoverageChanges()
    /// Whether nobody is told: the batch is of a recorded log.
    package var isSilent = false
    /// Actions that were applied, in order.
    package var appliedActions: [AppliedAction] = []
    /// The artefact id of the scoring configuration.
    package var configurationID: String
    /// The artefact ids of the calibrations in force.
    package var calibrationIDs: [ModelID: String] = [:]
    /// The time of processing, which dates dead letters and nothing else.
    package var received: Timestamp

    /// A batch without rows.
    package init(
        expectedBatch: Int64,
        sequence: Int64,
        watermark: Timestamp?,
        lastClosedTick: Tick?,
        nextSampleID: Int64,
        configurationID: String,
        received: Timestamp
    ) {
        self.expectedBatch = expectedBatch
        self.sequence = sequence
        self.watermark = watermark
        self.lastClosedTick = lastClosedTick
        self.nextSampleID = nextSampleID
        self.configurationID = configurationID
        self.received = received
    }
}
