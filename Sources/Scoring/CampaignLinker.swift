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
        /// Its image.
        package let digest: ImageDigest
        /// What the model answered.
        package let prediction: Prediction

        /// A query.
        package init(sequence: Int64, time: Timestamp, digest: ImageDigest, prediction: Prediction) {
            self.sequence = sequence
            self.time = time
            self.digest = digest
            self.prediction = prediction
        }
    }

    private struct Place {
        let digest: ImageDigest
        let time: Timestamp
        let label: String
        let classIndex: Int?
        let probability: Double

        init(_ query: Query) {
            let prediction = query.prediction
            digest = query.digest
            time = query.time
            label = prediction.label
            classIndex = prediction.labelIndex
            probability = prediction.probability(of: label, at: classIndex)
        }
    }

    /// What is known of one image, however often it was sent.
    private struct Picture {
        /// The first record that sent it.
        let first: Int64
        /// The last one.
        var last: Int64
        /// The campaign that it is part of, as its first image or as a member.
        var campaign: Int64?
    }

    private let rule: CampaignRule
    private var newest: Timestamp?
    private var places: [Int64: Place] = [:]
    private var order: [Int64] = []
    private var forgotten = 0
    private var pictures: [ImageDigest: Picture] = [:]
    /// The campaigns that may still go on.
    private var open: [Int64: Campaign] = [:]
    private var changed: Set<Int64> = []

    /// A linker that has seen nothing.
    package init(rule: CampaignRule) { self.rule = rule }

    /// Bytes of memory held for images, as tables at most three quarters full take them.
    package var allocatedBytes: Int {
        func table<Key, Value>(_ table: [Key: Value]) -> Int {
            let places = table.capacity * 4 / 3
            return places * (MemoryLayout<Key>.stride + MemoryLayout<Value>.stride) + places / 8
        }
        return table(places) + table(pictures) + order.capacity * MemoryLayout<Int64>.stride
    }

    /// Links a record to what came before it.
    ///
    /// 1. An exact repeat joins nothing; it stands for the image that it repeats, so that chains do not break where
    ///    only the repeat is still remembered.
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
        if finding.exactRepeats > 0, let picture = pictures[query.digest] {
            remember(query)
            pictures[query.digest]?.last = query.sequence
            return .repetition(of: picture.first)
        }
        let step = campaign(near: finding, at: now).map { join($0, query) }
        remember(query)
        pictures[query.digest] = Picture(
            first: query.sequence,
            last: query.sequence,
            campaign: step?.campaign
        )
        return step.map { .step($0) }
    }

    /// The campaign that the nearest image belongs to, as it was before the query; a new one where it may begin.
    private mutating func campaign(near finding: SimilarityFinding, at now: Timestamp) -> Campaign? {
        guard let distance = finding.minimumDistance, distance < rule.distance,
            let nearest = finding.nearest?.sequence, let place = places[nearest],
            let picture = pictures[place.digest]
        else { return nil }
        if let id = picture.campaign {
            guard let campaign = open[id], now - rule.gap <= campaign.lastJoined else { return nil }
            return campaign
        }
        guard now - rule.gap <= place.time else { return nil }
        pictures[place.digest]?.campaign = picture.first
        return Campaign(
            id: picture.first,
            label: place.label,
            classIndex: place.classIndex,
            peak: place.probability,
            lastSequence: nearest,
            lastJoined: place.time,
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

    private mutating func remember(_ query: Query) {
        places[query.sequence] = Place(query)
        order.append(query.sequence)
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
        while forgotten < order.count, order[forgotten] < sequence {
            let gone = order[forgotten]
            forgotten += 1
            guard let place = places.removeValue(forKey: gone) else { continue }
            if pictures[place.digest]?.last == gone { pictures[place.digest] = nil }
        }
        if forgotten > 1024, forgotten > order.count / 2 {
            order.removeFirst(forgotten)
            forgotten = 0
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
        remember(query)
        var picture =
            pictures[query.digest] ?? Picture(first: first, last: query.sequence, campaign: campaign)
        picture.last = query.sequence
        picture.campaign = picture.campaign ?? campaign
        pictures[query.digest] = picture
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
