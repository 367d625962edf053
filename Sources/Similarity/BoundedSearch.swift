internal import Domain
#if canImport(Glibc)
    internal import Glibc
#endif

/// The fast search: computes a pair only until it is known to change nothing.
///
/// The newest images come first, because the images of one attack follow each other: once a near one is found, the
/// others are given up earlier. The order does not change the result.
struct BoundedSearch: SimilaritySearch {
    let kernel: PairKernel
    let limits: SearchLimits

    func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var user = FindingBuilder(limits: limits)
        var model = FindingBuilder(limits: limits)
        let pixels = history.pixels(at: query.position)
        let prepared = PreparedImage(pixels, kernel: kernel)
        let hash = history.hash(at: query.position)
        let userKey = key(of: query.user)
        model.searched = query.window.count
        history.forEachChunk(of: query.window, reversed: true) { chunk, base, places in
            for place in places.reversed() {
                let isSameUser =
                    chunk.userKeys[place] == userKey && chunk.entries[place].user == query.user
                if isSameUser { user.searched += 1 }
                let other = chunk.pixels[place]
                if chunk.hashes[place] == hash, memcmp(pixels, other, history.shape.count) == 0 {
                    model.exactRepeats += 1
                    if isSameUser { user.exactRepeats += 1 }
                    continue
                }
                // The user's nearest is never nearer than the model's.
                let cut = isSameUser ? user.cut : model.cut
                let distance = prepared.distance(to: other, cut: cut)
                guard distance <= cut else { continue }
                let isAlarm = chunk.entries[place].isHigher(than: query.prediction)
                model.count(distance: distance, position: base + place, isAlarm: isAlarm)
                if isSameUser { user.count(distance: distance, position: base + place, isAlarm: isAlarm) }
            }
        }
        return (user.finding(in: history), model.finding(in: history))
    }
}
