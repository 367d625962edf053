internal import CSimilarity
internal import Domain

/// What a search has found so far.
///
/// √(1 - SSIM) and √MSE are metrics, so a distance to a leader bounds those to the images that it leads.
struct SearchProgress: ~Copyable {
    /// Of roots of distances, for the rounding of the kernels: their own error is below 1e-6.
    static let margin = 2e-5

    /// The findings so far.
    var builders: (user: FindingBuilder, model: FindingBuilder)
    /// How many candidates ahead pixels are asked for.
    private static let ahead = 2

    private let query: SimilarityQuery
    private let history: ImageHistory
    private let pixels: UnsafePointer<UInt8>
    private var prepared: PreparedImage
    private let hash: UInt64
    private let own: (chunk: HistoryChunk, place: Int)
    private let sender: UInt32
    private let shared: SharedStatistics?
    private let limits: SearchLimits
    /// Distances to leaders by position; infinity where one is too far to matter.
    private var leaders: [Int: Double] = [:]

    init(
        query: SimilarityQuery,
        history: ImageHistory,
        kernel: PairKernel,
        limits: SearchLimits,
        shared: SharedStatistics?
    ) {
        self.query = query
        self.history = history
        self.limits = limits
        builders = (FindingBuilder(limits: limits), FindingBuilder(limits: limits))
        let (chunk, place) = history.place(of: query.position)
        pixels = chunk.pixels[place]
        self.shared = shared
        shared?.begin(query)
        prepared = PreparedImage(pixels, kernel: kernel, shared: shared?.statistics(of: query.position))
        hash = chunk.hashes[place]
        own = (chunk, place)
        sender = chunk.users[place]
        builders.model.searched = query.window.count
        builders.user.searched = query.ownImages
    }

    /// Looks at candidates, the nearest first.
    mutating func look(at candidates: [Candidate]) {
        let start = history.heldStart
        // Most candidates are given up after a third of their rows.
        let prefetched = min(history.shape.count * 2 / 5, 4096)
        for (index, candidate) in candidates.enumerated() {
            // The user's nearest is never nearer than the model's, so nothing after this one matters.
            guard Double(candidate.bound) <= builders.user.cut else { return }
            if index + Self.ahead < candidates.count {
                let next = start + Int(candidates[index + Self.ahead].offset)
                similarity_prefetch(history.pixels(at: next), prefetched)
            }
            look(at: start + Int(candidate.offset), bound: Double(candidate.bound))
        }
    }

    private mutating func look(at position: Int, bound: Double) {
        let (chunk, place) = history.place(of: position)
        let isSameUser = chunk.users[place] == sender
        let cut = isSameUser ? builders.user.cut : builders.model.cut
        guard bound <= cut else { return }
        if chunk.hashes[place] == hash, chunk.holdsSame(place, as: own.chunk, own.place) {
            builders.model.countRepeat(position: position)
            if isSameUser { builders.user.countRepeat(position: position) }
            return
        }
        let nearestCut = isSameUser ? builders.user.nearestCut : builders.model.nearestCut
        let leader = position - Int(chunk.leaders[place])
        var distance: Double
        var isNear = false
        if leader < position, leader >= history.heldStart {
            let root = self.distance(toLeader: leader, cut: cut, isSameUser).squareRoot()
            let radius = Double(chunk.radii[place])
            let lower = max(0, abs(root - radius) - Self.margin)
            guard lower * lower <= cut else { return }
            let upper = root + radius + Self.margin
            isNear = upper * upper < limits.threshold
            // One that is near and not the nearest need not be measured.
            distance =
                isNear && lower * lower > nearestCut
                ? .infinity : measure(position, isNear ? nearestCut : cut, isSameUser)
        } else if !leaders.isEmpty, let known = leaders[position], known < .infinity {
            distance = known
        } else {
            distance = measure(position, cut, isSameUser)
            if distance < .infinity, leader == position { leaders[position] = distance }
        }
        guard isNear || distance <= cut else { return }
        count(
            distance,
            at: position,
            change: history.change(at: position, to: query),
            isSameUser: isSameUser
        )
    }

    private mutating func measure(_ position: Int, _ cut: Double, _ isSameUser: Bool) -> Double {
        let statistics = isSameUser ? shared?.statistics(of: position) : nil
        return prepared.distance(to: history.pixels(at: position), own: statistics, cut: cut)
    }

    /// The distance to a leader, or infinity where no image that it leads is within `cut`.
    private mutating func distance(toLeader leader: Int, cut: Double, _ isSameUser: Bool) -> Double {
        if let known = leaders[leader] { return known }
        let root = cut.squareRoot() + history.index.largestRadius + Self.margin
        let distance = measure(leader, root * root, isSameUser)
        leaders[leader] = distance
        return distance
    }

    /// Counts an image; one at distance infinity is near, but not the nearest.
    private mutating func count(_ distance: Double, at position: Int, change: AnswerChange, isSameUser: Bool)
    {
        if distance < .infinity {
            builders.model.count(distance: distance, position: position, change: change)
            if isSameUser { builders.user.count(distance: distance, position: position, change: change) }
        } else {
            builders.model.countNear(position: position, change: change)
            if isSameUser { builders.user.countNear(position: position, change: change) }
        }
    }
}
