internal import Domain
#if canImport(Glibc)
    internal import Glibc
#endif

/// The reference: looks at every pair in full, one after another, and keeps no shortcut.
struct BruteForceSearch: SimilaritySearch {
    let kernel: PairKernel
    let limits: SearchLimits

    func prepare(
        _ history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {}

    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings] {
        queries.map { find($0, in: history) }
    }

    private func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var user = FindingBuilder(limits: limits)
        var model = FindingBuilder(limits: limits)
        let pixels = history.pixels(at: query.position)
        let prepared = PreparedImage(pixels, kernel: kernel)
        for position in query.window {
            let isSameUser = history.user(at: position) == query.user
            model.searched += 1
            if isSameUser { user.searched += 1 }
            if memcmp(pixels, history.pixels(at: position), history.shape.count) == 0 {
                model.exactRepeats += 1
                if isSameUser { user.exactRepeats += 1 }
                continue
            }
            let distance = prepared.distance(to: history.pixels(at: position))
            let isAlarm = history.isHigher(at: position, than: query.prediction)
            model.count(distance: distance, position: position, isAlarm: isAlarm)
            if isSameUser { user.count(distance: distance, position: position, isAlarm: isAlarm) }
        }
        return (user.finding(in: history), model.finding(in: history))
    }
}
