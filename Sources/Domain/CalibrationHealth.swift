/// Whether a model's calibration still holds (docs/design/evidence.md#when-a-calibration-no-longer-holds).
package enum CalibrationHealth: String, Hashable, Sendable, CaseIterable {
    /// It holds, as far as can be told.
    case valid
    /// Many users exceed what the calibration allows: the population has moved, or many attack at once.
    case suspect
    /// It is too old, or of another version of the model.
    case expired
    /// There is none.
    case uncalibrated

    /// The number that metrics show: 0 valid, 1 suspect, 2 expired, 3 uncalibrated.
    package var code: Int {
        switch self {
        case .valid: 0
        case .suspect: 1
        case .expired: 2
        case .uncalibrated: 3
        }
    }

    /// Whether levels are to be shown as ones that the stated bound does not stand behind.
    package var isBoundInDoubt: Bool { self != .valid }
}

/// The health of a model's calibration changed.
package struct CalibrationHealthChange: Hashable, Sendable {
    /// Why the health is what it is.
    package enum Cause: String, Hashable, Sendable {
        /// Nothing speaks against it.
        case none
        /// Too many users exceed rung 1 more often than calibrated.
        case traffic
        /// It is older than 90 days.
        case age
        /// The model has another version.
        case version
        /// There is no calibration.
        case absence
    }

    package let model: ModelID
    /// At the end of which tick.
    package let tick: Tick
    /// What it is from then on.
    package let health: CalibrationHealth
    /// Why.
    package let cause: Cause
    /// Users with queries in the window of 24 hours.
    package let active: Int
    /// Those that exceed rung 1 more often than calibrated.
    package let exceeding: Int

    /// A change.
    package init(
        model: ModelID,
        tick: Tick,
        health: CalibrationHealth,
        cause: Cause,
        active: Int,
        exceeding: Int
    ) {
        self.model = model
        self.tick = tick
        self.health = health
        self.cause = cause
        self.active = active
        self.exceeding = exceeding
    }
}
