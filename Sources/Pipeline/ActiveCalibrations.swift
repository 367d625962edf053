package import Domain
package import Scoring

/// A calibration and the id under which it is stored.
package struct NamedCalibration: Hashable, Sendable {
    /// `sha256:…`.
    package let id: String
    package let calibration: Calibration

    /// A calibration with its id.
    package init(id: String, _ calibration: Calibration) {
        self.id = id
        self.calibration = calibration
    }

    /// A calibration, named by a digest of its bytes.
    package init(_ calibration: Calibration) {
        self.init(id: artefactID(calibration.artefact()), calibration)
    }
}

/// The calibrations in force, by model, with the hashes under which they are stored.
package struct ActiveCalibrations: Sendable {
    /// Pooled over each model's users; a model without one is uncalibrated.
    package let byModel: [ModelID: Calibration]
    /// The ids of their artefacts (`sha256:…`).
    package let ids: [ModelID: String]
    /// Those of parts of the models' users, by stratum.
    package let strata: [ModelID: [String: NamedCalibration]]
    /// Users' own baselines, by user entity.
    package private(set) var own: [Entity: NamedCalibration] = [:]

    /// Calibrations in force.
    ///
    /// - Parameters:
    ///   - byModel: the pooled calibrations.
    ///   - ids: the ids of their artefacts; the same models.
    ///   - strata: those of parts of the users; of calibrated models only.
    package init(
        byModel: [ModelID: Calibration],
        ids: [ModelID: String],
        strata: [ModelID: [String: NamedCalibration]] = [:]
    ) {
        self.byModel = byModel
        self.ids = ids
        self.strata = strata.filter { byModel[$0.key] != nil }
    }

    /// Judges a user by an own baseline from now on, or, with nil, as others are judged.
    package mutating func setOwn(_ baseline: NamedCalibration?, of user: Entity) {
        if let baseline { own[user] = baseline } else { own.removeValue(forKey: user) }
    }

    /// Everything that users' histograms may name, by artefact.
    package var variants: [String: Calibration] {
        var variants: [String: Calibration] = [:]
        for named in strata.values.flatMap(\.values) { variants[named.id] = named.calibration }
        for named in own.values { variants[named.id] = named.calibration }
        return variants
    }

    /// What a user's records are judged by: the own baseline, else the stratum's calibration, else nil: the pooled one.
    ///
    /// - Parameters:
    ///   - user: whose records.
    ///   - model: of which model.
    ///   - stratum: the part of the users that the record shows the user to be in.
    /// - Returns: the calibration and its id.
    package func variant(of user: UserID, _ model: ModelID, stratum: String?) -> NamedCalibration? {
        guard byModel[model] != nil else { return nil }
        return own[.user(user, model: model)] ?? stratum.flatMap { strata[model]?[$0] }
    }

    /// How many thresholds each calibrated score of some findings exceeds.
    ///
    /// - Parameters:
    ///   - findings: of one record.
    ///   - scope: whose track the scores feed: a user's or a model's.
    ///   - model: which model answered.
    ///   - variant: what the user is judged by instead of the pooled calibration.
    /// - Returns: ordered by detector; empty when the model is uncalibrated.
    package func rungs(
        of findings: Findings,
        scope: SimilarityScope,
        model: ModelID,
        variant: Calibration? = nil
    ) -> [DetectorRung] {
        (variant ?? byModel[model])?.rungs(of: findings.scores(for: scope)) ?? []
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
