/// A chain of near-duplicate images of one model, whoever sent them (docs/campaigns.md).
package struct Campaign: Hashable, Sendable {
    /// The sequence number of its first image's record, which is no member.
    package let id: Int64
    /// The class that the model gave the first image.
    package let label: String
    /// The place of that class in the model's order, where probabilities were logged.
    package let classIndex: Int?
    /// The highest probability of that class along the chain, 0 … 1.
    package var peak: Double
    /// The last member.
    package var lastSequence: Int64
    /// The newest event time of its images, exact repeats aside.
    package var lastJoined: Timestamp
    /// How many records joined.
    package var members: Int64

    package init(
        id: Int64,
        label: String,
        classIndex: Int?,
        peak: Double,
        lastSequence: Int64,
        lastJoined: Timestamp,
        members: Int64
    ) {
        self.id = id
        self.label = label
        self.classIndex = classIndex
        self.peak = peak
        self.lastSequence = lastSequence
        self.lastJoined = lastJoined
        self.members = members
    }
}

/// A record's place in a campaign.
package struct CampaignStep: Hashable, Sendable {
    package let campaign: Int64
    /// The probability of the class of the campaign's first image, 0 … 1.
    package let probability: Double
    /// How far that lies below the highest one along the chain before it, 0 … 1.
    package let fall: Double

    /// The calibrated score that feeds the campaign's track: `similarity.campaign.fall`.
    ///
    /// It has a detector of its own, calibrated on records that joined campaigns: what is rare among all records need
    /// not be rare among near-duplicates.
    package var scores: [(detector: DetectorID, score: Double)] {
        [(DetectorID("similarity.campaign.fall"), fall)]
    }

    package init(campaign: Int64, probability: Double, fall: Double) {
        self.campaign = campaign
        self.probability = probability
        self.fall = fall
    }
}

/// How a record's image goes on with what came before it.
package enum ChainLink: Hashable, Sendable {
    /// It joined a campaign.
    case step(CampaignStep)
    /// It is byte-identical to an earlier image, named by the sequence number of the first record that sent it.
    case repetition(of: Int64)

    /// The record's place in a campaign; an exact repeat has none.
    package var step: CampaignStep? {
        if case .step(let step) = self { step } else { nil }
    }

    /// The first record with the same image, where there is one.
    package var original: Int64? {
        if case .repetition(let original) = self { original } else { nil }
    }
}

extension Prediction {
    /// The probability of a class.
    ///
    /// - Parameters:
    ///   - label: the class.
    ///   - index: its place in the model's order, where known.
    /// - Returns: what was logged of the class; where only another one's probability was, all that this leaves, which
    ///   is the most that it can be.
    package func probability(of label: String, at index: Int?) -> Double {
        if let index, let probabilities, probabilities.indices.contains(index) { return probabilities[index] }
        return label.utf8.elementsEqual(self.label.utf8) ? probability : max(0, 1 - probability)
    }
}
