package import Domain

/// Finds the chains of near-duplicate images in one model's records, whoever sent them.
///
/// A value without a clock: links depend on the records, their findings and their order alone. It remembers as much as
/// similarity does: the images in the window of history, and the campaigns that may still go on.
package struct CampaignLinker: Sendable {
    /// A record with an image, as far as it matters.
    package struct Query: Sendable {
        /// The place of its observation in the global order; larger than that of every query before it.
        package let sequence: Int64
        /// When it was served.
        package let time: Timestamp
        /// What the model answered.
        package let prediction: Prediction

        package init(sequence: Int64, time: Timestamp, prediction: Prediction) {
            self.sequence = sequence
            self.time = time
            self.prediction = prediction
        }
    }

    private let rule: CampaignRule
    private var newest: Timestamp?
    private var images = LinkedImages()
    /// The campaign that an image is part of, as its first one or as a member, by the first record that sent it.
    private var campaigns: [Int64: Int64] = [:]
    /// Images that were remembered since what nobody needs was last looked for.
    private var rememberedSinceSweep = 0
    /// The campaigns that may still go on.
    private var open: [Int64: Campaign] = [:]
    private var changed: Set<Int64> = []

    /// A linker that has seen nothing.
    package init(rule: CampaignRule) { self.rule = rule }

    /// Bytes of memory held for images, as tables at most three quarters full take them.
    package var allocatedBytes: Int {
        let places = campaigns.capacity * 4 / 3
        return images.allocatedBytes + places * 2 * MemoryLayout<Int64>.stride + places / 8
    }

    /// Links a record to what came before it.
    ///
    /// 1. An exact repeat joins nothing; it stands for the image that it repeats, so that chains do not break where
    ///    only the repeat is still remembered. One whose answer is another one is none: the model did not see the same.
    /// 2. Otherwise the nearest earlier image decides, if it is nearer than the rule's distance: the record joins
    ///    that image's campaign, unless the campaign's last member is older than the gap.
    /// 3. Where that image has no campaign and is itself no older than the gap, one begins with it.
    ///
    /// - Parameters:
    ///   - query: after all before it.
    ///   - finding: what similarity found of it among everybody's images.
    /// - Returns: the link; nil where the record goes on with nothing.
    package mutating func link(_ query: Query, _ finding: SimilarityFinding) -> ChainLink? {
        let now = max(newest ?? query.time, query.time)
        newest = now
        var nearest: Int64?
        if let distance = finding.minimumDistance, distance < rule.distance {
            nearest = finding.nearest?.sequence
        }
        if let copy = finding.repeated, let image = images.row(copy) {
            guard isOtherAnswer(query.prediction, than: image) else {
                remember(query, first: image.first)
                return .repetition(of: image.first)
            }
            nearest = copy
        }
        let step = campaign(of: nearest, at: now).map { join($0, query) }
        remember(query, first: query.sequence)
        campaigns[query.sequence] = step?.campaign
        return step.map { .step($0) }
    }

    /// Whether the class of an image that was sent again got another probability, by more than logged decimals can tell.
    private func isOtherAnswer(_ answer: Prediction, than image: LinkedImages.Row) -> Bool {
        abs(image.probability - answer.probability(of: image.label, at: image.classIndex)) > 1e-6
    }

    /// The campaign that the nearest image belongs to, as it was before the query; a new one where it may begin.
    private mutating func campaign(of nearest: Int64?, at now: Timestamp) -> Campaign? {
        guard let nearest, let image = images.row(nearest) else { return nil }
        if let id = campaigns[image.first] {
            guard let campaign = open[id], now - rule.gap <= campaign.lastJoined else { return nil }
            return campaign
        }
        guard now - rule.gap <= image.time else { return nil }
        campaigns[image.first] = image.first
        return Campaign(
            id: image.first,
            label: image.label,
            classIndex: image.classIndex,
            peak: image.probability,
            lastSequence: nearest,
            lastJoined: image.time,
            members: 0
        )
    }

    private mutating func join(_ campaign: Campaign, _ query: Query) -> CampaignStep {
        var joined = campaign
        let probability = query.prediction.probability(of: campaign.label, at: campaign.classIndex)
        joined.peak = max(campaign.peak, probability)
        joined.lastSequence = query.sequence
        joined.lastJoined = max(campaign.lastJoined, query.time)
        joined.members += 1
        open[campaign.id] = joined
        changed.insert(campaign.id)
        return CampaignStep(
            campaign: campaign.id,
            probability: probability,
            fall: max(0, campaign.peak - probability)
        )
    }

    private mutating func remember(_ query: Query, first: Int64) {
        let (label, place) = (query.prediction.label, query.prediction.labelIndex)
        images.append(
            LinkedImages.Row(
                sequence: query.sequence,
                first: first,
                time: query.time,
                label: label,
                classIndex: place,
                probability: query.prediction.probability(of: label, at: place)
            )
        )
        rememberedSinceSweep += 1
    }

    /// The campaigns that were joined since this was last asked, ordered by number.
    package mutating func takeChanged() -> [Campaign] {
        defer { changed = [] }
        return changed.sorted().compactMap { open[$0] }
    }

    /// Forgets images that no later query can be near to, and campaigns that are over; changes no later link.
    ///
    /// Not before ``takeChanged()``: a campaign that is over may have been joined since.
    ///
    /// - Parameter sequence: the oldest image that similarity still remembers.
    package mutating func forget(before sequence: Int64) {
        images.forget(before: sequence)
        if rememberedSinceSweep > max(1024, images.count) {
            rememberedSinceSweep = 0
            let firsts = images.sweep()
            campaigns = campaigns.filter { firsts.contains($0.key) }
        }
        guard let newest else { return }
        let oldest = newest - rule.gap
        open = open.filter { $0.value.lastJoined >= oldest }
    }

    // MARK: After a restart

    /// Takes up an image that an earlier linker had seen.
    ///
    /// - Parameters:
    ///   - query: after every image taken up before.
    ///   - first: the first record that sent it, where this is a repeat; else itself.
    ///   - campaign: the campaign that it is part of, as its first image, a member or a repeat of one.
    package mutating func restore(
        _ query: Query,
        first: Int64,
        campaign: Int64?
    ) {
        remember(query, first: first)
        if let campaign, campaigns[first] == nil { campaigns[first] = campaign }
    }

    /// Takes up the newest event time, and the campaigns that may still go on.
    ///
    /// - Parameters:
    ///   - newest: the newest event time that the earlier linker had seen.
    ///   - campaigns: as they were after the last image; those that are over may be among them.
    package mutating func restore(newest: Timestamp, _ campaigns: [Campaign]) {
        self.newest = max(self.newest ?? newest, newest)
        for campaign in campaigns { open[campaign.id] = campaign }
    }
}
