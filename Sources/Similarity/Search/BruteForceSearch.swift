internal import Domain
#if canImport(Glibc)
    internal import Glibc
#endif

/// The reference: looks at every pair in full, one after another; all that it keeps is what concerns one input alone.
struct BruteForceSearch<Measure: DistanceMeasure>: SimilaritySearch {
    let measure: Measure
    let limits: SearchLimits
    private let profiles: ProfileStore

    init(measure: Measure, limits: SearchLimits) {
        self.measure = measure
        self.limits = limits
        profiles = ProfileStore(of: measure)
    }

    var allocatedBytes: Int { profiles.allocatedBytes }
    /// What the other searches keep: the limits of a history mean the same for all.
    var bytesPerInput: Int { measure.profileBytes }

    func prepare(
        _ history: ImageHistory,
        isRestoring: Bool,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        await profiles.follow(history, by: measure, forEach: forEach)
    }

    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings] {
        queries.map { find($0, in: history) }
    }

    private func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var user = FindingBuilder(limits: limits)
        var model = FindingBuilder(limits: limits)
        let own = input(query.position, in: history)
        let (ownChunk, ownPlace) = history.place(of: query.position)
        let comparison = measure.comparison(with: own)
        for position in query.window {
            let isSameUser = history.user(at: position) == query.user
            model.searched += 1
            if isSameUser { user.searched += 1 }
            let other = input(position, in: history)
            let (chunk, place) = history.place(of: position)
            let isSame =
                chunk.sentDigest(place) == ownChunk.sentDigest(ownPlace)
                && memcmp(own.content, other.content, history.shape.count) == 0
            if isSame {
                model.countRepeat(position: position)
                if isSameUser { user.countRepeat(position: position) }
                continue
            }
            let distance = comparison.distance(to: other, cut: .infinity)
            let change = history.change(at: position, to: query)
            model.count(distance: distance, position: position, change: change)
            if isSameUser { user.count(distance: distance, position: position, change: change) }
        }
        return limits.findings(of: query, (user, model), in: history)
    }

    private func input(_ position: Int, in history: ImageHistory) -> MeasuredInput {
        MeasuredInput(
            content: history.pixels(at: position),
            profile: UnsafeRawPointer(profiles[position])
        )
    }
}
