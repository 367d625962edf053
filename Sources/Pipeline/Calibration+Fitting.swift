import Domain
import Scoring

/// A calibration as far as it fits the detectors in use.
package struct FittingCalibration {
    /// What is used; nil when nothing fits.
    let calibration: Calibration?
    /// The detectors that are calibrated but set up otherwise now, ordered by name.
    let unfit: [DetectorID]
}

extension Calibration {
    /// The part whose detectors are set up as when it was built: a new second opinion leaves similarity calibrated.
    ///
    /// - Parameter setup: what ``DetectorPlans/description(of:)`` says of the model.
    /// - Returns: itself where everything fits.
    /// - Throws: `ScoringError`, which only a damaged artefact could cause.
    func fitting(_ setup: String) throws(ScoringError) -> FittingCalibration {
        guard detectorConfiguration != setup else { return FittingCalibration(calibration: self, unfit: []) }
        let parts = Set(DetectorPlans.parts(of: detectorConfiguration)).intersection(
            DetectorPlans.parts(of: setup)
        )
        func fits(_ detector: DetectorCalibration) -> Bool {
            DetectorPlans.partNames(of: detector.detector).allSatisfy { name in
                parts.contains { $0.hasPrefix(name) }
            }
        }
        let fit = detectors.filter(fits)
        let unfit = detectors.map(\.detector).filter { detector in !fit.contains { $0.detector == detector } }
        guard !fit.isEmpty else { return FittingCalibration(calibration: nil, unfit: unfit) }
        let kept = DetectorPlans.parts(of: detectorConfiguration).filter { parts.contains($0) }
        return FittingCalibration(
            calibration: try keeping(
                fit,
                detectorConfiguration: kept.joined(separator: DetectorPlans.partSeparator)
            ),
            unfit: unfit
        )
    }
}
