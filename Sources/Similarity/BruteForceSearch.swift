internal import Domain
#if canImport(Glibc)
    internal import Glibc
#endif

/// The reference: looks at every pair in full, one after another, and keeps nothing.
struct BruteForceSearch<Measure: DistanceMeasure>: SimilaritySearch {
    let measure: Measure
    let limits: SearchLimits

    /// What the other searches keep: the limits of a history mean the same for all.
    var bytesPerInput: Int { measure.profileBytes }

    func prepare(
        _ history: ImageHistory,
        isRestoring: Bool,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {}

    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings] {
        queries.map { find($0, in: history) }
    }

    private func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var user = FindingBuilder(limits: limits)
        var model = FindingBuilder(limits: limits)
        let profiles = ProfileStore(stride: measure.profileBytes, capacity: 2)
        profiles.extend(to: 2)
        let own = input(history.pixels(at: query.position), profile: profiles[0])
        let comparison = measure.comparison(with: own)
        for position in query.window {
            let isSameUser = history.user(at: position) == query.user
            model.searched += 1
            if isSameUser { user.searched += 1 }
            let content = history.pixels(at: position)
            if memcmp(own.content, content, history.shape.count) == 0 {
                model.countRepeat(position: position)
                if isSameUser { user.countRepeat(position: position) }
                continue
            }
            let distance = comparison.distance(to: input(content, profile: profiles[1]), cut: .infinity)
            let change = history.change(at: position, to: query)
            model.count(distance: distance, position: position, change: change)
            if isSameUser { user.count(distance: distance, position: position, change: change) }
        }
        return withExtendedLifetime(profiles) { limits.findings(of: query, (user, model), in: history) }
    }

    private func input(_ content: UnsafePointer<UInt8>, profile: UnsafeMutableRawPointer) -> MeasuredInput {
        measure.writeProfile(of: content, to: profile)
        return MeasuredInput(content: content, profile: UnsafeRawPointer(profile))
    }
}
