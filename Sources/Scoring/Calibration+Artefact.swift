import Domain
import Foundation

extension Calibration {
    private static let kind = "riskd-calibration-1"

    /// The calibration as canonical JSON: sorted keys, numbers in their shortest exact form.
    ///
    /// - Returns: UTF-8; equal calibrations give equal bytes, so a digest of them is the calibration's id.
    package func artefact() -> [UInt8] {
        var object: [String: CanonicalJSON] = [
            "delta": .number(delta),
            "detector_configuration": .string(detectorConfiguration),
            "detectors": .array(
                detectors.map { detector in
                    .object([
                        "benign": .integer(Int64(detector.benign)),
                        "bounds": .array(detector.bounds.map { .number($0) }),
                        "e_q32": .integers(detector.eValues),
                        "exceedances": .integers(detector.exceedances.map { Int64($0) }),
                        "name": .string(detector.detector.name),
                        "thresholds": .array(detector.thresholds.map { .number($0) }),
                    ])
                }
            ),
            "kind": .string(Self.kind),
            "model": .string(model.name),
        ]
        if let modelVersion { object["model_version"] = .string(modelVersion) }
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
        guard stored.kind == Self.kind else { throw .invalidArtefact("kind is \(stored.kind)") }
        try self.init(
            model: ModelID(stored.model),
            modelVersion: stored.modelVersion,
            detectorConfiguration: stored.detectorConfiguration,
            delta: stored.delta,
            detectors: stored.detectors.map {
                DetectorCalibration(
                    detector: DetectorID($0.name),
                    benign: $0.benign,
                    exceedances: $0.exceedances,
                    thresholds: $0.thresholds,
                    bounds: $0.bounds,
                    eValues: $0.eValues
                )
            }
        )
        guard artefact() == bytes else { throw .invalidArtefact("the calibration is not in canonical form") }
    }
}

private struct Stored: Decodable {
    let delta: Double
    let detectorConfiguration: String
    let detectors: [Detector]
    let kind: String
    let model: String
    let modelVersion: String?

    struct Detector: Decodable {
        let benign: Int
        let bounds: [Double]
        let eValues: [Int64]
        let exceedances: [Int]
        let name: String
        let thresholds: [Double]

        enum CodingKeys: String, CodingKey {
            case benign, bounds
            case eValues = "e_q32"
            case exceedances, name, thresholds
        }
    }

    enum CodingKeys: String, CodingKey {
        case delta
        case detectorConfiguration = "detector_configuration"
        case detectors, kind, model
        case modelVersion = "model_version"
    }
}
