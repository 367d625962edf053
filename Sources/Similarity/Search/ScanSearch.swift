internal import Domain

/// Looks at every input of the window, newest first: passes over those that a bound rules out, and computes the others
/// until they are known to change nothing.
///
/// Without a bound this is brute force, apart from pairs that are given up early.
struct ScanSearch<Measure: DistanceMeasure>: SimilaritySearch {
    let measure: Measure
    let limits: SearchLimits
    private let profiles: ProfileStore

    init(measure: Measure, limits: SearchLimits) {
        self.measure = measure
        self.limits = limits
        profiles = ProfileStore(of: measure)
    }

    var allocatedBytes: Int { profiles.allocatedBytes }
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
        let (own, ownPlace) = history.place(of: query.position)
        let (content, hash, sender) = (own.pixels[ownPlace], own.hashes[ownPlace], own.users[ownPlace])
        let comparison = measure.comparison(
            with: MeasuredInput(content: content, profile: UnsafeRawPointer(profiles[query.position]))
        )
        model.searched = query.window.count
        user.searched = query.ownImages
        for position in query.window.reversed() {
            let (chunk, place) = history.place(of: position)
            let other = MeasuredInput(
                content: chunk.pixels[place],
                profile: UnsafeRawPointer(profiles[position])
            )
            let isSameUser = chunk.users[place] == sender
            if chunk.hashes[place] == hash, chunk.holdsSame(place, as: own, ownPlace) {
                model.countRepeat(position: position)
                if isSameUser { user.countRepeat(position: position) }
                continue
            }
            // The user's nearest is never nearer than the model's, so its cut serves both.
            let cut = isSameUser ? user.cut : model.cut
            guard comparison.lowerBound(to: other) <= cut else { continue }
            let distance = comparison.distance(to: other, cut: cut)
            guard distance <= cut else { continue }
            let change = history.change(at: position, to: query)
            model.count(distance: distance, position: position, change: change)
            if isSameUser { user.count(distance: distance, position: position, change: change) }
        }
        return limits.findings(of: query, (user, model), in: history)
    }
}
