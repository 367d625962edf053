package import Domain

/// Where the pipeline stopped.
package struct StoredState: Sendable {
    /// How many batches were committed: the next batch's `expectedBatch`.
    package let batch: Int64
    /// The last observation's sequence number; 0 before the first.
    package let sequence: Int64
    package let watermark: Timestamp?
    package let lastClosedTick: Tick?
    package let nextSampleID: Int64
    /// The tick length in milliseconds, once a writer has set it.
    package let tickMilliseconds: Int64?
    /// How far busy sources have come in event time, ordered by id.
    package let progress: [SourceProgress]
    /// Every source, ordered by id.
    package let sources: [SourceFile]
    /// Every track and roll-up state, ordered by entity, tracks before roll-ups.
    package let tracks: [StoredTrack]
    /// Every epoch, oldest first.
    package let epochs: [Epoch]
}

/// Which configuration and calibrations were in force from a tick on.
package struct Epoch: Hashable, Sendable {
    /// The first tick that they were in force for.
    package let firstTick: Tick
    /// The artefact id of the configuration.
    package let configurationID: String
    /// The artefact ids of the calibrations.
    package let calibrationIDs: [ModelID: String]
    /// The artefact ids of calibrations for parts of the models' users, by stratum.
    package let strata: [ModelID: [String: String]]

    package init(
        firstTick: Tick,
        configurationID: String,
        calibrationIDs: [ModelID: String],
        strata: [ModelID: [String: String]] = [:]
    ) {
        self.firstTick = firstTick
        self.configurationID = configurationID
        self.calibrationIDs = calibrationIDs
        self.strata = strata
    }
}

/// What an open tick needs of an observation that was committed before a restart.
package struct OpenObservation: Hashable, Sendable {
    /// Its place in the order.
    package let sequence: Int64
    package let model: ModelID
    package let user: UserID
    /// Event time.
    package let time: Timestamp
    /// The tick that it counts in.
    package let tick: Tick
    /// Rungs that feed the user's track.
    package let userRungs: [DetectorRung]
    /// The artefact that gave them; nil: the model's pooled calibration.
    package let userCalibration: String?
    /// Rungs that feed the model's track.
    package let modelRungs: [DetectorRung]
    /// The campaign that it joined.
    package let campaign: Int64?
    /// Rungs that feed the campaign's track.
    package let campaignRungs: [DetectorRung]
    /// Whether the user sent an input of the same scene before.
    package let isSceneKnown: Bool
}

/// An earlier input that similarity remembers.
package struct HistoryEntry: Hashable, Sendable {
    /// Its place in the order.
    package let sequence: Int64
    package let record: RecordID
    /// Who sent it.
    package let user: UserID
    /// Event time.
    package let time: Timestamp
    /// The input, where images are compared.
    package let image: Image?
    /// Its features, where these are compared.
    package let features: [Float]?
    /// The model's answer.
    package let prediction: Prediction
}

/// A sample with what it was computed by.
package struct StoredSample: Hashable, Sendable {
    package let sample: Sample
    /// The end of its tick.
    package let time: Timestamp
    /// The artefact id of the configuration.
    package let configurationID: String
    /// The artefact id of the model's calibration; nil: uncalibrated, or the whole service.
    package let calibrationID: String?

    /// Another sample in the same place.
    package func holding(_ other: Sample) -> StoredSample {
        StoredSample(
            sample: other,
            time: time,
            configurationID: configurationID,
            calibrationID: calibrationID
        )
    }
}

/// A level change with its time.
package struct StoredLevelChange: Hashable, Sendable {
    package let change: LevelChange
    /// The end of its tick.
    package let time: Timestamp
}

/// A dead letter with the time at which it was met.
package struct StoredDeadLetter: Hashable, Sendable {
    /// The dead letter.
    package let letter: DeadLetter
    /// Processing time.
    package let received: Timestamp
}
