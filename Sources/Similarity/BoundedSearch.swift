internal import CSimilarity
internal import Domain

#if canImport(Glibc)
    internal import Glibc
#endif

/// The fast search: signatures rule most pairs out, the others are computed until they are known to change nothing.
///
/// Pairs are looked at in the order of their signatures' distance, those without signatures newest first, because the
/// images of one attack follow each other: once a near one is found, the others are given up earlier. Neither order nor
/// signatures change the result.
struct BoundedSearch: SimilaritySearch {
    let kernel: PairKernel
    let limits: SearchLimits
    var signatures: SignaturePolicy

    func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var progress = SearchProgress(query: query, history: history, kernel: kernel, limits: limits)
        var candidates: [Candidate] = []
        progress.countScope()
        let signed = history.signatures.signed.clamped(to: query.window)
        if !signed.isEmpty, history.signatures.signed.contains(query.position) {
            candidates = self.candidates(of: query, among: signed, in: history)
            candidates.sort { ($0.bound, $1.position) < ($1.bound, $0.position) }
            for candidate in candidates { progress.look(at: candidate) }
            progress.lookAtAll(signed.upperBound..<query.window.upperBound)
            progress.lookAtAll(query.window.lowerBound..<signed.lowerBound)
        } else {
            progress.lookAtAll(query.window)
        }
        return (progress.user.finding(in: history), progress.model.finding(in: history))
    }

    /// The positions whose signatures do not rule out a distance up to the cap.
    private func candidates(of query: SimilarityQuery, among positions: Range<Int>, in history: ImageHistory)
        -> [Candidate]
    {
        let own = history.signatureSlot(at: query.position)
        let limit = SignatureBasis.limit(forCut: limits.cap)
        let length = Int(SIMILARITY_SIGNATURE)
        var candidates: [Candidate] = []
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: history.chunkCapacity) { bounds in
            guard let found = bounds.baseAddress else { return }
            history.forEachChunk(of: positions) { chunk, base, places in
                guard let first = chunk.signatures else { return }
                let start = first + places.lowerBound * length
                similarity_scan(kernel.path.rawValue, own, start, places.count, limit, found)
                for index in 0..<places.count where found[index] <= limit {
                    let position = base + places.lowerBound + index
                    candidates.append(Candidate(bound: found[index], position: position))
                }
            }
        }
        return candidates
    }
}

/// A pair that its signatures do not rule out.
private struct Candidate {
    /// The squared distance of the signatures.
    let bound: Int32
    let position: Int
}

/// What a search has found so far.
private struct SearchProgress: ~Copyable {
    var user: FindingBuilder
    var model: FindingBuilder
    private let query: SimilarityQuery
    private let history: ImageHistory
    private let pixels: UnsafePointer<UInt8>
    private let prepared: PreparedImage
    private let hash: UInt64
    private let userKey: UInt64

    init(query: SimilarityQuery, history: ImageHistory, kernel: PairKernel, limits: SearchLimits) {
        self.query = query
        self.history = history
        user = FindingBuilder(limits: limits)
        model = FindingBuilder(limits: limits)
        pixels = history.pixels(at: query.position)
        prepared = PreparedImage(pixels, kernel: kernel)
        hash = history.hash(at: query.position)
        userKey = key(of: query.user)
    }

    /// Counts what is in scope, and the exact repeats.
    mutating func countScope() {
        model.searched = query.window.count
        var (searched, repeats, ownRepeats) = (0, 0, 0)
        history.forEachChunk(of: query.window) { chunk, _, places in
            for place in places {
                let isSameUser = self.isSameUser(chunk, place)
                if isSameUser { searched += 1 }
                guard isRepeat(chunk, place) else { continue }
                repeats += 1
                if isSameUser { ownRepeats += 1 }
            }
        }
        user.searched = searched
        user.exactRepeats = ownRepeats
        model.exactRepeats = repeats
    }

    mutating func look(at candidate: Candidate) {
        let (chunk, place) = history.place(of: candidate.position)
        let isSameUser = self.isSameUser(chunk, place)
        let cut = isSameUser ? user.cut : model.cut
        guard candidate.bound <= SignatureBasis.limit(forCut: cut) else { return }
        verify(chunk, place, candidate.position, isSameUser: isSameUser)
    }

    /// Looks at every pair of `positions`, newest first.
    mutating func lookAtAll(_ positions: Range<Int>) {
        for position in positions.reversed() {
            let (chunk, place) = history.place(of: position)
            verify(chunk, place, position, isSameUser: isSameUser(chunk, place))
        }
    }

    private mutating func verify(_ chunk: HistoryChunk, _ place: Int, _ position: Int, isSameUser: Bool) {
        // The user's nearest is never nearer than the model's, so its cut serves both.
        let cut = isSameUser ? user.cut : model.cut
        let distance = prepared.distance(to: chunk.pixels[place], cut: cut)
        guard distance <= cut, !isRepeat(chunk, place) else { return }
        let isAlarm = chunk.entries[place].isHigher(than: query.prediction)
        model.count(distance: distance, position: position, isAlarm: isAlarm)
        if isSameUser { user.count(distance: distance, position: position, isAlarm: isAlarm) }
    }

    private func isSameUser(_ chunk: HistoryChunk, _ place: Int) -> Bool {
        chunk.userKeys[place] == userKey && chunk.entries[place].user == query.user
    }

    private func isRepeat(_ chunk: HistoryChunk, _ place: Int) -> Bool {
        chunk.hashes[place] == hash && memcmp(pixels, chunk.pixels[place], history.shape.count) == 0
    }
}
