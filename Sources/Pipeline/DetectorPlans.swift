package import Domain
import Foundation
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
    /// How much all models' histories may take together.
    package let bound: HistoryBound

    /// A second opinion and the digest of the files that form it.
    package struct PlannedOpinion: Sendable {
        /// Forms the opinion.
        package let opinion: SecondOpinion
        /// What it is fed, and the SHA-256 digests of its models.
        package let origin: String
        /// What may be wrong with its answers, in a sentence.
        package var doubt: String?
    }

    /// Plans.
    ///
    /// - Parameters:
    ///   - defaults: the similarity settings of models without own ones.
    ///   - similarity: own settings, by model.
    ///   - opinions: second opinions, by model, in configured order.
    ///   - linkDistance: how near an image must be to link to a campaign; nil for each model's threshold.
    ///   - linkGap: how long a campaign waits for its next image.
    ///   - bound: how much all models' histories may take together.
    package init(
        defaults: SimilarityConfiguration,
        similarity: [ModelID: SimilarityConfiguration] = [:],
        opinions: [ModelID: [PlannedOpinion]] = [:],
        linkDistance: Double? = nil,
        linkGap: Duration,
        bound: HistoryBound = .none
    ) {
        self.defaults = defaults
        self.similarity = similarity
        self.opinions = opinions
        self.linkDistance = linkDistance
        self.linkGap = linkGap
        self.bound = bound
    }

    /// The similarity settings of a model.
    package func similarity(of model: ModelID) -> SimilarityConfiguration { similarity[model] ?? defaults }

    /// What the metrics without a bound cost, a sentence for each model's settings that have one.
    package var warnings: [String] {
        let others = similarity.isEmpty ? "all models" : "models without settings of their own"
        let plans = [(others, defaults)] + similarity.sorted { $0.key < $1.key }.map { ("\($0)", $1) }
        return plans.filter { $0.1.metric.bound == nil }.map { models, plan in
            """
            similarity.metric \(plan.metric) has no bound (\(models)): every query is compared with every remembered \
            image, up to \(plan.history.entries)
            """
        }
    }

    /// What may be wrong with second opinions, a sentence each.
    package var doubts: [String] {
        opinions.sorted { $0.key < $1.key }.flatMap { model, opinions in
            opinions.compactMap { $0.doubt.map { "\(model): \($0)" } }
        }
    }

    /// The second opinions on a model.
    package func opinions(on model: ModelID) -> [SecondOpinion] { (opinions[model] ?? []).map(\.opinion) }

    /// The second opinions on a model, as their scores are named.
    package func opinionDetectors(on model: ModelID) -> [DetectorID] {
        (opinions[model] ?? []).map { DetectorID(opinion: $0.opinion.name) }
    }

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
        let campaigns = "campaigns distance=\(rule.distance) gap=\(gap)ms"
        return [detectors(of: model), campaigns].joined(separator: Self.partSeparator)
    }

    private func detectors(of model: ModelID) -> String {
        let similarity = similarity(of: model)
        let window = similarity.metric == .ssim ? " window=\(similarity.window.rawValue)" : ""
        let limits = "threshold=\(similarity.threshold) cap=\(similarity.cap)"
        let scores = "scores=\(Findings.similarityScores)"
        var first = ["similarity metric=\(similarity.metric.rawValue)\(window) \(limits) \(scores)"]
        if similarity.metric != .features { first.append("jitter motions=\(JitterFinding.definition)") }
        let others = (opinions[model] ?? []).map { "opinion \($0.opinion.name) \($0.origin)" }
        return (first + others).joined(separator: Self.partSeparator)
    }

    /// Which calibrated detectors are set up otherwise now, and do not count.
    ///
    /// - Parameter calibration: of one model.
    /// - Returns: the detectors, ordered by name.
    /// - Throws: `ScoringError`, which only a damaged artefact could cause.
    package func uncalibrated(by calibration: Calibration) throws(ScoringError) -> [DetectorID] {
        try calibration.fitting(description(of: calibration.model)).unfit
    }

    /// Between the parts of a description; in no opinion's name.
    static let partSeparator = "; "

    /// The parts of a description: similarity, jitter, each opinion, and campaigns.
    static func parts(of description: String) -> [String] {
        description.components(separatedBy: partSeparator)
    }

    /// How the parts begin that a detector depends on.
    static func partNames(of detector: DetectorID) -> [String] {
        DetectorKind(of: detector)?.setup(detector) ?? ["similarity "]
    }

    /// Whether other plans set up the same detectors for all models that a configuration names.
    package func isSame(as other: DetectorPlans) -> Bool {
        Set(opinions.keys).union(other.opinions.keys).allSatisfy {
            description(of: $0) == other.description(of: $0)
        }
    }
}
