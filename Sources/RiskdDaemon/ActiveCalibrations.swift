package import Domain
package import Scoring

/// The calibrations in force, by model, with the hashes under which they are stored.
package struct ActiveCalibrations: Sendable {
    /// The calibrations; a model without one is uncalibrated.
    package let byModel: [ModelID: Calibration]
    /// The ids of their artefacts (`sha256:…`).
    package let ids: [ModelID: String]

    /// Calibrations in force.
    ///
    /// - Parameters:
    ///   - byModel: the calibrations.
    ///   - ids: the ids of their artefacts; the same models.
    package init(byModel: [ModelID: Calibration], ids: [ModelID: String]) {
        self.byModel = byModel
        self.ids = ids
    }

    /// How many thresholds each calibrated score of some findings exceeds.
    ///
    /// - Parameters:
    ///   - findings: of one record.
    ///   - scope: whose track the scores feed: a user's or a model's.
    ///   - model: which model answered.
    /// - Returns: ordered by detector; empty when the model is uncalibrated.
    package func rungs(of findings: Findings, scope: SimilarityScope, model: ModelID) -> [DetectorRung] {
        byModel[model]?.rungs(of: findings.scores(for: scope)) ?? []
    }

    /// How many thresholds each calibrated score of a campaign's member exceeds.
    ///
    /// - Parameters:
    ///   - step: its place in the campaign.
    ///   - model: which model answered.
    /// - Returns: ordered by detector; empty when campaigns of the model are uncalibrated.
    package func rungs(of step: CampaignStep, model: ModelID) -> [DetectorRung] {
        byModel[model]?.rungs(of: step.scores) ?? []
    }
}
