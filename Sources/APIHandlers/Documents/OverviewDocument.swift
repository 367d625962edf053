import Domain
import Pipeline
import Storage

struct OverviewDocument: Encodable, Sendable {
    struct Detectors: Encodable, Sendable {
        let healthy: Int
        let total: Int
    }

    struct Calibration: Encodable, Sendable {
        let health: String
        let models: [ModelHealthDocument]
    }

    struct Alerts: Encodable, Sendable {
        let open: Int
        let acknowledged: Int
        let next: AlertDocument?
        let load: AlarmLoadDocument
    }

    struct Levels: Encodable, Sendable {
        let users: LevelCountsDocument
        let campaigns: LevelCountsDocument
    }

    let time: String
    let asOf: String?
    let tickSeconds: Double?
    let service: StandingDocument
    let worstEntity: StandingDocument?
    let worstModel: StandingDocument?
    let spark: SparkDocument
    let slope: Double?
    let thresholds: ThresholdsDocument
    let freshness: FreshnessDocument
    let detectors: Detectors
    let calibration: Calibration
    let coverage: CoverageDocument
    let alerts: Alerts
    let levels: Levels
}

struct AlarmLoadDocument: Encodable, Sendable {
    /// ISA-18.2 and EEMUA 191: what one person can bear for long, and what nobody can.
    private static let target = 1.0
    private static let flood = 10

    private let last10Minutes: Int
    private let lastHour: Int
    private let last24Hours: Int
    private let per10Minutes: Double
    private let targetPer10Minutes: Double
    private let flood: Bool

    // The encoder would split words before digits elsewhere.
    private enum CodingKeys: String, CodingKey {
        case last10Minutes = "last_10_minutes"
        case lastHour = "last_hour"
        case last24Hours = "last_24_hours"
        case per10Minutes = "per_10_minutes"
        case targetPer10Minutes = "target_per_10_minutes"
        case flood
    }

    init(_ load: StoredAlarmLoad) {
        last10Minutes = load.tenMinutes
        lastHour = load.hour
        last24Hours = load.day
        per10Minutes = (Double(load.day) / 144 * 1000).rounded() / 1000
        targetPer10Minutes = Self.target
        flood = load.tenMinutes >= Self.flood
    }
}

struct ModelHealthDocument: Encodable, Sendable {
    let model: String
    let health: String
    let cause: String
    let explanation: String
    let since: String?
    let activeUsers: Int?
    let exceedingUsers: Int?

    init(_ change: CalibrationHealthChange, since: Timestamp) {
        model = change.model.name
        health = change.health.rawValue
        cause = change.cause.rawValue
        explanation = change.explanation
        self.since = since.description
        activeUsers = change.active
        exceedingUsers = change.exceeding
    }

    /// A model of which no change of health is known.
    init(unknown model: ModelID, isCalibrated: Bool) {
        self.model = model.name
        health = (isCalibrated ? CalibrationHealth.valid : .uncalibrated).rawValue
        let cause: CalibrationHealthChange.Cause = isCalibrated ? .none : .absence
        self.cause = cause.rawValue
        explanation =
            isCalibrated
            ? "nothing speaks against it" : "there is no calibration: levels are uncalibrated"
        since = nil
        activeUsers = nil
        exceedingUsers = nil
    }
}

extension CalibrationHealthChange {
    /// What the health means, in words.
    package var explanation: String {
        switch cause {
        case .none: "nothing speaks against it"
        case .traffic:
            """
            \(exceeding) of \(active) active users exceed rung 1 more often than calibrated: the population has \
            changed, or many attack at once; users' alerts are grouped into one
            """
        case .age: "it is older than 90 days: the stated bound does not stand behind levels; build a new one"
        case .version:
            "the model has another version: the stated bound does not stand behind levels; build a new one"
        case .absence: "there is no calibration: levels are uncalibrated"
        }
    }
}

struct FreshnessDocument: Encodable, Sendable {
    let stale: Bool
    let reasons: [String]
    let lastRecordAt: String?
    let lastReceivedAt: String?
    let signalAgeSeconds: Double?
    let caughtUp: Bool?
    let lagBytes: Int64?
    let unreadableSources: Int?
    let database: String
}
