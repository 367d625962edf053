package import Domain

/// Where a calibration came from.
package struct CalibrationOrigin: Hashable, Sendable {
    package let model: ModelID
    /// The part of the users that it is for; nil: all.
    package let stratum: String?
    /// The user whose own baseline it is; nil: it is pooled over users.
    package let owner: UserID?
    /// The logs or the time range that it was built from.
    package let origin: String
    /// How many records of how many users that were.
    package let records: Int
    package let users: Int

    package init(
        model: ModelID,
        stratum: String?,
        owner: UserID?,
        origin: String,
        records: Int,
        users: Int
    ) {
        self.model = model
        self.stratum = stratum
        self.owner = owner
        self.origin = origin
        self.records = records
        self.users = users
    }
}

/// A kept calibration, as lists show it.
package struct StoredCalibration: Hashable, Sendable {
    /// The artefact.
    package let id: String
    /// Where it came from.
    package let origin: CalibrationOrigin
    /// Processing time.
    package let built: Timestamp
    /// Whether it is the one that is in force from the next start on.
    package let isActive: Bool
    /// Whether the last check of it passed; nil: it was never checked.
    package let hasPassed: Bool?
    /// The first tick of the first epoch in which it is in force; nil: no record was scored by it yet.
    package let firstTick: Tick?
}

/// What a replay of held-out benign traffic found.
package struct CalibrationCheck: Hashable, Sendable {
    package let model: ModelID
    /// Everything that was in force for the model in the replay: the pooled calibration and those of strata.
    package let calibrations: [String]
    /// The held-out traffic.
    package let origin: String
    /// Whether nothing was observed that the guarantee excludes.
    package let hasPassed: Bool
    /// JSON: per level what was guaranteed and what was observed.
    package let report: String

    package init(model: ModelID, calibrations: [String], origin: String, hasPassed: Bool, report: String) {
        self.model = model
        self.calibrations = calibrations
        self.origin = origin
        self.hasPassed = hasPassed
        self.report = report
    }
}

/// Who put a calibration in force, and why.
package struct CalibrationActivation: Hashable, Sendable {
    package let model: ModelID
    /// The part of the users that it is for; nil: all.
    package let stratum: String?
    /// The artefact; nil: the stratum was given up.
    package let calibration: String?
    package let actor: String
    /// Whether no check had passed.
    package let isForced: Bool
    /// Why; may be empty where it was not forced.
    package let reason: String

    package init(
        model: ModelID,
        stratum: String?,
        calibration: String?,
        actor: String,
        isForced: Bool,
        reason: String
    ) {
        self.model = model
        self.stratum = stratum
        self.calibration = calibration
        self.actor = actor
        self.isForced = isForced
        self.reason = reason
    }
}

/// From which tick on a user is judged by an own baseline.
package struct OwnBaseline: Hashable, Sendable {
    package let model: ModelID
    package let user: UserID
    /// In force for ticks that the user's first record opens from here on.
    package let firstTick: Tick
    /// The artefact; nil: the own baseline was given up.
    package let calibration: String?

    package init(model: ModelID, user: UserID, firstTick: Tick, calibration: String?) {
        self.model = model
        self.user = user
        self.firstTick = firstTick
        self.calibration = calibration
    }
}
