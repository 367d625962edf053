package import Domain

/// What cannot be scored, calibrated or read back.
package enum ScoringError: Error, Hashable, Sendable {
    /// A setting is out of range; the text says which and what is allowed.
    case invalidConfiguration(String)
    /// The bytes are not an artefact that this program wrote; the text says what is wrong.
    case invalidArtefact(String)
    /// A detector has too few benign scores to bound its false alarms.
    case tooFewBenignScores(DetectorID, count: Int, needed: Int)
    /// A detector gave a benign score that is not a finite number.
    case nonFiniteScore(DetectorID)
    /// No detector has benign scores.
    case noDetectors
    /// A stored histogram does not belong to the tick or to the calibration that it is scored under.
    case mismatchedHistogram(Entity, Tick)
    /// The tick was closed before.
    case tickAlreadyClosed(Tick)
}

extension ScoringError: CustomStringConvertible {
    /// One sentence on what is wrong and one on what to do.
    package var description: String {
        switch self {
        case .invalidConfiguration(let reason): "scoring settings: \(reason)"
        case .invalidArtefact(let reason):
            "not an artefact of this program: \(reason). Restore the stored bytes, or make a new one."
        case .tooFewBenignScores(let detector, let count, let needed):
            "detector \(detector) has \(count) benign scores and needs \(needed). Calibrate with more traffic."
        case .nonFiniteScore(let detector):
            "detector \(detector) gave a benign score that is not finite. Leave the row out, or mend the detector."
        case .noDetectors: "no detector has benign scores. Enable a detector before calibrating."
        case .mismatchedHistogram(let entity, let tick):
            "the histogram of \(entity) at tick \(tick) does not add up: it was changed, or is of another calibration "
                + "than was in force then"
        case .tickAlreadyClosed(let tick): "tick \(tick) is closed already. Recompute from the start."
        }
    }
}
