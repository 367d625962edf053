import Domain
import Foundation

extension Calibration {
    /// By the mean of a tick, and by the query.
    private static let kinds = (tick: "riskd-calibration-1", query: "riskd-calibration-2")

    /// The calibration as canonical JSON: sorted keys, numbers in their shortest exact form.
    ///
    /// - Returns: UTF-8; equal calibrations give equal bytes, so a digest of them is the calibration's id.
    package func artefact() -> [UInt8] {
        var object: [String: CanonicalJSON] = [
            "delta": .number(delta),
            "detector_configuration": .string(detectorConfiguration),
            "detectors": .array(detectors.map(\.json)),
            "kind": .string(betsByQuery ? Self.kinds.query : Self.kinds.tick),
            "model": .string(model.name),
        ]
        // What older artefacts lack is left out where there is nothing to say, so that they keep their bytes.
        if let modelVersion { object["model_version"] = .string(modelVersion) }
        if let stratum { object["stratum"] = .string(stratum) }
        if let owner { object["owner"] = .string(owner.name) }
        if let newest { object["newest_ms"] = .integer(newest.milliseconds) }
        if alarms != AlarmCurve() {
            object["alarms"] = .object([
                "alarmed": .integers(alarms.points.map { Int64($0.alarmed) }),
                "rarity": .array(alarms.points.map { .number($0.rarity) }),
                "records": .integer(Int64(alarms.records)),
            ])
        }
        return CanonicalJSON.object(object).bytes
    }

    /// The calibration that ``artefact()`` wrote.
    ///
    /// - Parameter bytes: exactly what was written.
    /// - Throws: `ScoringError.invalidArtefact`.
    package init(artefact bytes: [UInt8]) throws(ScoringError) {
        let stored: Stored
        do { stored = try JSONDecoder().decode(Stored.self, from: Data(bytes)) } catch {
            throw .invalidArtefact("the calibration is not JSON of the expected form")
        }
        guard [Self.kinds.tick, Self.kinds.query].contains(stored.kind) else {
            throw .invalidArtefact("kind is \(stored.kind)")
        }
        try self.init(
            model: ModelID(stored.model),
            modelVersion: stored.modelVersion,
            stratum: stored.stratum,
            owner: stored.owner.map { UserID($0) },
            detectorConfiguration: stored.detectorConfiguration,
            newest: stored.newest.map { Timestamp(milliseconds: $0) },
            delta: stored.delta,
            alarms: try stored.alarms?.curve ?? AlarmCurve(),
            detectors: stored.detectors.map(\.calibration)
        )
        guard artefact() == bytes else { throw .invalidArtefact("the calibration is not in canonical form") }
    }
}

extension DetectorCalibration {
    fileprivate var json: CanonicalJSON {
        var object: [String: CanonicalJSON] = [
            "benign": .integer(Int64(benign)),
            "bounds": .array(bounds.map { .number($0) }),
            "e_q32": .integers(eValues),
            "exceedances": .integers(exceedances.map { Int64($0) }),
            "name": .string(detector.name),
            "thresholds": .array(thresholds.map { .number($0) }),
        ]
        if effective != benign { object["effective"] = .integer(Int64(effective)) }
        if let bets {
            object["bets"] = .object([
                "inverse_q32": .array(bets.inverses.map { .integers($0) }),
                "pairs": .integer(Int64(bets.pairs)),
                "rungs": .integers(bets.rungs.map { Int64($0) }),
                "worth": .integer(Int64(bets.worth)),
            ])
        }
        return .object(object)
    }
}

private struct Stored: Decodable {
    let alarms: Alarms?
    let delta: Double
    let detectorConfiguration: String
    let detectors: [Detector]
    let kind: String
    let model: String
    let modelVersion: String?
    let newest: Int64?
    let owner: String?
    let stratum: String?

    struct Alarms: Decodable {
        let alarmed: [Int]
        let rarity: [Double]
        let records: Int

        var curve: AlarmCurve {
            get throws(ScoringError) {
                guard alarmed.count == rarity.count else {
                    throw .invalidArtefact("an alarm curve of different lengths")
                }
                return AlarmCurve(
                    records: records,
                    points: zip(rarity, alarmed).map { AlarmCurve.Point(rarity: $0, alarmed: $1) }
                )
            }
        }
    }

    struct Bets: Decodable {
        let inverses: [[Int64]]
        let pairs: Int
        let rungs: [Int]
        let worth: Int

        var table: BetTable { BetTable(rungs: rungs, inverses: inverses, pairs: pairs, worth: worth) }

        enum CodingKeys: String, CodingKey {
            case inverses = "inverse_q32"
            case pairs, rungs, worth
        }
    }

    struct Detector: Decodable {
        let benign: Int
        let bets: Bets?
        let bounds: [Double]
        let effective: Int?
        let eValues: [Int64]
        let exceedances: [Int]
        let name: String
        let thresholds: [Double]

        var calibration: DetectorCalibration {
            DetectorCalibration(
                detector: DetectorID(name),
                benign: benign,
                effective: effective,
                exceedances: exceedances,
                thresholds: thresholds,
                bounds: bounds,
                eValues: eValues,
                bets: bets?.table
            )
        }

        enum CodingKeys: String, CodingKey {
            case benign, bets, bounds, effective
            case eValues = "e_q32"
            case exceedances, name, thresholds
        }
    }

    enum CodingKeys: String, CodingKey {
        case alarms, delta
        case detectorConfiguration = "detector_configuration"
        case detectors, kind, model
        case modelVersion = "model_version"
        case newest = "newest_ms"
        case owner, stratum
    }
}
