internal import CSimilarity
internal import Domain

#if canImport(Glibc)
    internal import Glibc
#endif

/// The fast search: signatures and clusters rule most pairs out or in, the others are computed until they are known to
/// change nothing.
///
/// The query's own cluster comes first, then those of near signatures: once a near image is found, the others are given
/// up earlier. Neither order nor signatures nor clusters change the result.
struct BoundedSearch: SimilaritySearch {
    let kernel: PairKernel
    let limits: SearchLimits
    var signatures: SignaturePolicy

    func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var progress = SearchProgress(query: query, history: history, kernel: kernel, limits: limits)
        progress.countScope()
        let table = history.signatures.clusters
        if kernel.metric == .ssim, let home = table.home(of: query.position) {
            progress.look(at: table.clusters[home.cluster], root: home.radius)
            for candidate in candidates(of: query, at: home, in: table) {
                progress.look(at: table.clusters[candidate.cluster], bound: candidate.bound, own: home.radius)
            }
        } else {
            progress.lookAtAll(query.window)
        }
        return (progress.user.finding(in: history), progress.model.finding(in: history))
    }

    /// The other clusters with images in the window that their signatures do not rule out, nearest first; without
    /// signatures, latest first.
    private func candidates(of query: SimilarityQuery, at home: ClusterTable.Home, in table: ClusterTable)
        -> [Candidate]
    {
        let clusters = table.clusters
        var candidates: [Candidate] = []
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: clusters.count) { bounds in
            guard let found = bounds.baseAddress else { return }
            let isSigned = clusters[home.cluster].isSigned
            let root = limits.cap.squareRoot() + home.radius + table.radius + Cluster.margin
            let limit = SignatureBasis.limit(forCut: root * root)
            if isSigned {
                let base = table.signatureSlot(0)
                let own = base + home.cluster * signatureLength
                similarity_scan(kernel.path.rawValue, own, base, clusters.count, limit, found)
            }
            for index in clusters.indices.reversed() where index != home.cluster {
                let bound = isSigned && clusters[index].isSigned ? found[index] : 0
                guard bound <= limit else { continue }
                let (first, last) = (clusters[index].first, clusters[index].last)
                guard first < query.window.upperBound, last >= query.window.lowerBound else { continue }
                candidates.append(Candidate(bound: bound, cluster: index))
            }
        }
        candidates.sort { ($0.bound, $1.cluster) < ($1.bound, $0.cluster) }
        return candidates
    }
}

/// A cluster that signatures do not rule out.
private struct Candidate {
    /// The squared distance of the leaders' signatures.
    let bound: Int32
    let cluster: Int
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
    private let threshold: Double

    init(query: SimilarityQuery, history: ImageHistory, kernel: PairKernel, limits: SearchLimits) {
        self.query = query
        self.history = history
        threshold = limits.threshold
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

    /// Looks at a cluster whose leader's signature is at the squared distance `bound` of that of the query's own
    /// leader, at which the query is at the root distance `own`.
    mutating func look(at cluster: Cluster, bound: Int32, own: Double) {
        let isSameUser = self.isSameUser(cluster)
        let cut = isSameUser ? user.cut : model.cut
        let reach = cut.squareRoot() + own + cluster.radius + Cluster.margin
        guard bound <= SignatureBasis.limit(forCut: reach * reach) else { return }
        let leaderCut = cluster.leaderCut(cut)
        let distance = prepared.distance(to: history.pixels(at: cluster.leader), cut: leaderCut)
        guard distance <= leaderCut else { return }
        look(at: cluster, root: distance.squareRoot(), leaderDistance: distance)
    }

    /// Looks at a cluster's images, newest first.
    ///
    /// - Parameters:
    ///   - cluster: what to look at.
    ///   - root: the root of the query's distance to the leader.
    ///   - leaderDistance: that distance, where it is exact to the last bit.
    mutating func look(at cluster: Cluster, root: Double, leaderDistance: Double? = nil) {
        let isSameUser = self.isSameUser(cluster)
        for member in cluster.members.reversed() where member.position < query.window.upperBound {
            guard member.position >= query.window.lowerBound else { break }
            let cut = isSameUser ? user.cut : model.cut
            let nearestCut = isSameUser ? user.nearestCut : model.nearestCut
            let lower = max(0, abs(root - member.radius) - Cluster.margin)
            guard lower * lower <= cut else { continue }
            let (chunk, place) = history.place(of: member.position)
            guard !isRepeat(chunk, place) else { continue }
            let upper = root + member.radius + Cluster.margin
            let isNear = upper * upper < threshold
            var distance = Double.infinity
            if let leaderDistance, member.position == cluster.leader {
                distance = leaderDistance
            } else if !isNear || lower * lower <= nearestCut {
                distance = prepared.distance(to: chunk.pixels[place], cut: isNear ? nearestCut : cut)
            }
            guard isNear || distance <= cut else { continue }
            let isAlarm = chunk.entries[place].isHigher(than: query.prediction)
            count(distance, at: member.position, isAlarm: isAlarm, isSameUser: isSameUser)
        }
    }

    /// Counts an image; one at distance infinity is near, but not the nearest.
    private mutating func count(_ distance: Double, at position: Int, isAlarm: Bool, isSameUser: Bool) {
        if distance < .infinity {
            model.count(distance: distance, position: position, isAlarm: isAlarm)
            if isSameUser { user.count(distance: distance, position: position, isAlarm: isAlarm) }
        } else {
            model.countNear(isAlarm: isAlarm)
            if isSameUser { user.countNear(isAlarm: isAlarm) }
        }
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
        count(distance, at: position, isAlarm: isAlarm, isSameUser: isSameUser)
    }

    private func isSameUser(_ cluster: Cluster) -> Bool {
        cluster.userKey == userKey && cluster.user == query.user
    }

    private func isSameUser(_ chunk: HistoryChunk, _ place: Int) -> Bool {
        chunk.userKeys[place] == userKey && chunk.entries[place].user == query.user
    }

    private func isRepeat(_ chunk: HistoryChunk, _ place: Int) -> Bool {
        chunk.hashes[place] == hash && memcmp(pixels, chunk.pixels[place], history.shape.count) == 0
    }
}
