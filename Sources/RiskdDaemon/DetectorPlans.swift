package import Domain
package import Scoring
package import SecondOpinion
package import Similarity

/// Which detectors score a model's records; models that the configuration does not name get the defaults.
package struct DetectorPlans: Sendable {
    private let defaults: SimilarityConfiguration
    private let similarity: [ModelID: SimilarityConfiguration]
    private let opinions: [ModelID: [PlannedOpinion]]
    private let linkDistance: Double?
    private let linkGap: Duration

    /// A second opinion and the digest of the files that form it.
    package struct PlannedOpinion: Sendable {
        /// Forms the opinion.
        package let opinion: SecondOpinion
        /// What it is fed, and the SHA-256 digests of its models.
        package let origin: String
    }

    /// Plans.
    ///
    /// - Parameters:
    ///   - defaults: the similarity settings of models without own ones.
    ///   - similarity: own settings, by model.
    ///   - opinions: second opinions, by model, in configured order.
    ///   - linkDistance: how near an image must be to link to a campaign; nil for each model's threshold.
    ///   - linkGap: how long a campaign waits for its next image.
    package init(
        defaults: SimilarityConfiguration,
        similarity: [ModelID: SimilarityConfiguration] = [:],
        opinions: [ModelID: [PlannedOpinion]] = [:],
        linkDistance: Double? = nil,
        linkGap: Duration
    ) {
        self.defaults = defaults
        self.similarity = similarity
        self.opinions = opinions
        self.linkDistance = linkDistance
        self.linkGap = linkGap
    }

    /// The similarity settings of a model.
    package func similarity(of model: ModelID) -> SimilarityConfiguration { similarity[model] ?? defaults }

    /// The second opinions on a model.
    package func opinions(on model: ModelID) -> [SecondOpinion] { (opinions[model] ?? []).map(\.opinion) }

    /// When a record of a model goes on with a campaign.
    package func campaigns(of model: ModelID) -> CampaignRule {
        CampaignRule(distance: linkDistance ?? similarity(of: model).threshold, gap: linkGap)
    }

    /// What a calibration depends on: scores of detectors that are set up otherwise do not compare.
    ///
    /// - Parameter model: whose detectors.
    /// - Returns: one line, the same for the same detectors.
    package func description(of model: ModelID) -> String {
        let rule = campaigns(of: model)
        let gap = rule.gap.wholeMilliseconds
        return detectors(of: model) + "; campaigns distance=\(rule.distance) gap=\(gap)ms"
    }

    /// Whether a calibration was built with the detectors that are planned for its model.
    ///
    /// One that knows nothing of campaigns may have been built before there were any: it leaves them uncalibrated.
    package func fit(_ calibration: Calibration) -> Bool {
        let model = calibration.model
        if calibration.detectors(feeding: .campaign).isEmpty,
            calibration.detectorConfiguration == detectors(of: model)
        {
            return true
        }
        return calibration.detectorConfiguration == description(of: model)
    }

    private func detectors(of model: ModelID) -> String {
        let similarity = similarity(of: model)
        let window = similarity.metric == .ssim ? " window=\(similarity.window.rawValue)" : ""
        let limits = "threshold=\(similarity.threshold) cap=\(similarity.cap)"
        let first = "similarity metric=\(similarity.metric.rawValue)\(window) \(limits)"
        let others = (opinions[model] ?? []).map { "opinion \($0.opinion.name) \($0.origin)" }
        return ([first] + others).joined(separator: "; ")
    }
}
