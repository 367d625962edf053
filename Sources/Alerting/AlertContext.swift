package import Domain

/// What an alert says besides its sample: constants of the epoch.
package struct AlertContext: Sendable {
    /// The artefact id of the scoring configuration.
    package var configurationID: String
    /// The artefact ids of the calibrations, by model.
    package var calibrationIDs: [ModelID: String]
    /// The criticality of a model, in permille.
    package var criticality: @Sendable (ModelID?) -> Int64
    /// The bound on entries into a level, for a criticality; nil where none is stated.
    package var bound: @Sendable (Level, ModelID) -> AlertSnapshot.FalseAlarmBound?
    /// The end of a tick.
    package var end: @Sendable (Tick) -> Timestamp

    package init(
        configurationID: String,
        calibrationIDs: [ModelID: String],
        criticality: @escaping @Sendable (ModelID?) -> Int64,
        bound: @escaping @Sendable (Level, ModelID) -> AlertSnapshot.FalseAlarmBound?,
        end: @escaping @Sendable (Tick) -> Timestamp
    ) {
        self.configurationID = configurationID
        self.calibrationIDs = calibrationIDs
        self.criticality = criticality
        self.bound = bound
        self.end = end
    }

    /// Fills in what a sample says.
    func fill(_ alert: inout AlertSnapshot, from sample: Sample, techniques: [String]) {
        let model = sample.entity.model
        alert.score = sample.score
        alert.lane = sample.lane
        alert.evidence = sample.evidence
        alert.contributions = sample.contributions
        alert.impactWeight = criticality(model)
        alert.falseAlarmBound = sample.isDerived ? nil : model.flatMap { bound(alert.level, $0) }
        alert.techniques = techniques
        alert.updatedAt = end(sample.tick)
        alert.sampleID = sample.id
        alert.configurationID = configurationID
        alert.calibrationID = model.flatMap { calibrationIDs[$0] }
        alert.isPinned = sample.pinned != nil
    }
}
