import Domain
import Scoring
import Storage

struct DetectorDocument: Encodable, Sendable {
    struct Rung: Encodable, Sendable {
        let rung: Int
        let observed: Int
        let expected: Double?
    }

    let model: String
    let detector: String
    let track: String
    let verdict: String
    let explanation: String
    let queries: Int
    let scored: Int
    let lastScored: String?
    let failures: Int?
    let rungs: [Rung]

    init(_ item: DetectorReport.Item) {
        model = item.model.name
        detector = item.detector.name
        track = item.track.rawValue
        verdict = item.verdict.rawValue
        explanation = item.explanation
        queries = item.queries
        scored = item.scored
        lastScored = item.lastScored?.description
        failures = item.failures
        rungs = item.observed.enumerated().map { rung, count in
            Rung(
                rung: rung,
                observed: count,
                expected: (Double(item.scored) * item.bounds[min(rung, item.bounds.count - 1)] * 1000)
                    .rounded() / 1000
            )
        }
    }
}

struct CalibrationListDocument: Encodable, Sendable {
    let items: [CalibrationDocument]
    let health: [ModelHealthDocument]
}

struct CalibrationDocument: Encodable, Sendable {
    let calibration: String
    let model: String
    let stratum: String?
    let owner: String?
    let state: String
    let verified: String
    let inForceSince: String?
    let records: Int
    let users: Int
    let builtAt: String
    let origin: String

    init(_ stored: StoredCalibration, tick length: Int64) {
        let origin = stored.origin
        calibration = stored.id
        model = origin.model.name
        stratum = origin.stratum
        owner = origin.owner?.name
        state = stored.isActive ? "active" : origin.owner != nil ? "own" : "kept"
        verified = stored.hasPassed.map { $0 ? "passed" : "failed" } ?? "never"
        inForceSince = stored.firstTick.flatMap { tick in
            // The first of all ticks has no begin.
            tick.index == .min ? nil : Timestamp(milliseconds: tick.index * length).description
        }
        records = origin.records
        users = origin.users
        builtAt = stored.built.description
        self.origin = origin.origin
    }
}

struct CalibrationDetailDocument: Encodable, Sendable {
    struct Detector: Encodable, Sendable {
        struct Rung: Encodable, Sendable {
            let rung: Int
            let threshold: Double
            let bound: Double
        }

        let detector: String
        let records: Int
        let rungs: [Rung]

        init(_ calibration: DetectorCalibration) {
            detector = calibration.detector.name
            records = calibration.benign
            rungs = zip(calibration.thresholds, calibration.bounds).enumerated().map {
                Rung(rung: $0 + 1, threshold: $1.0, bound: $1.1)
            }
        }
    }

    struct Check: Encodable, Sendable {
        let checkedAt: String
        let passed: Bool
        let traffic: String
    }

    struct Activation: Encodable, Sendable {
        let activatedAt: String
        let actor: String
        let forced: Bool
        let reason: String
    }

    let calibration: CalibrationDocument
    let newestRecord: String?
    let delta: Double
    let detectors: [Detector]
    let checks: [Check]
    let activations: [Activation]
}
