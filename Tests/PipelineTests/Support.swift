import Domain
import Scoring

/// A calibration of some detectors, each with one threshold that `bound` of benign records exceed.
func calibration(_ names: [String], setup: String, bound: Double = 0.1) throws -> Calibration {
    try Calibration(
        model: ModelID("m"),
        detectorConfiguration: setup,
        delta: 0.01,
        detectors: names.map { name in
            DetectorCalibration(
                detector: DetectorID(name),
                benign: 1000,
                exceedances: [90],
                thresholds: [0.5],
                bounds: [bound],
                eValues: [0, 1 << 33]
            )
        }
    )
}

/// An observation with rungs of a user's detectors.
func observation(_ number: Int, _ rungs: [String: Int]) -> Observation {
    let sorted = rungs.sorted { $0.key < $1.key }.map {
        DetectorRung(detector: DetectorID($0.key), rung: $0.value)
    }
    return Observation(
        sequence: Int64(number),
        record: Record(
            id: RecordID("r-\(number)"),
            time: Timestamp(milliseconds: Int64(number)),
            model: ModelID("m"),
            user: UserID("u"),
            prediction: Prediction(label: "a", probability: 0.5)
        ),
        findings: Findings(user: nil, model: nil, opinions: []),
        tick: Tick(0),
        isLate: false,
        userRungs: sorted,
        modelRungs: []
    )
}
