internal import CSimilarity
internal import Domain

/// The fast search: signatures rule most images out, distances to leaders rule some more out or in, and the others are
/// computed until they are known to change nothing.
///
/// The nearest signatures come first: once a near image is found, the others are given up earlier. Neither order nor
/// signatures nor leaders change the result.
struct BoundedSearch: SimilaritySearch {
    let kernel: PairKernel
    let limits: SearchLimits
    let policy: SignaturePolicy
    private let pool = StatisticsPool()

    init(kernel: PairKernel, limits: SearchLimits, policy: SignaturePolicy) {
        self.kernel = kernel
        self.limits = limits
        self.policy = policy
    }

    /// An image is led by an earlier one of its user up to this distance.
    var joinCut: Double { min(0.01, limits.threshold / 10) }

    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings] {
        guard kernel.usesBothStatistics else { return find(queries, in: history, nil) }
        return pool.withMemory { memory in
            find(queries, in: history, SharedStatistics(queries, of: history, kernel: kernel, in: memory))
        }
    }

    private func find(_ queries: [SimilarityQuery], in history: ImageHistory, _ shared: SharedStatistics?)
        -> [ScopedFindings]
    {
        let scan = SignatureScan(queries, history: history, kernel: kernel, isSigned: policy.isSigned)
        let cuts = queries.map { startingCut(of: $0, in: history) }
        let candidates = scan.candidates(within: cuts)
        var cutsLeft = cuts.map { _ in -1.0 }
        var findings = queries.indices.map { index in
            var progress = progress(of: queries[index], in: history, shared)
            progress.look(at: candidates[index])
            let cut = progress.builders.user.cut
            if cut > cuts[index] { cutsLeft[index] = cut }
            return progress.builders
        }
        if cutsLeft.contains(where: { $0 >= 0 }) {
            // Once the model's nearest is known, only the user's own images may still matter.
            let onlyOwn = queries.indices.map { findings[$0].model.cut <= cuts[$0] }
            let earlier = EarlierScan(cuts: cuts, onlyOwn: onlyOwn)
            let candidates = scan.candidates(within: cutsLeft, after: earlier)
            for index in queries.indices where cutsLeft[index] >= 0 {
                var progress = progress(of: queries[index], in: history, shared)
                progress.builders = findings[index]
                progress.look(at: candidates[index])
                findings[index] = progress.builders
            }
        }
        return zip(queries, findings).map { limits.findings(of: $0, $1, in: history) }
    }

    private func progress(
        of query: SimilarityQuery,
        in history: ImageHistory,
        _ shared: SharedStatistics?
    ) -> SearchProgress {
        SearchProgress(query: query, history: history, kernel: kernel, limits: limits, shared: shared)
    }

    /// How many images of each query's window are looked at where none is near.
    func candidateCounts(_ queries: [SimilarityQuery], in history: ImageHistory) -> [Int] {
        let scan = SignatureScan(queries, history: history, kernel: kernel, isSigned: policy.isSigned)
        return scan.candidates(within: queries.map { _ in limits.cap }).map(\.count)
    }

    /// How far to look first: as far as an image can be that matters, by the distance to the query's own leader; without
    /// one up to the threshold, for whoever has a neighbour as near as that needs no look at those further away.
    private func startingCut(of query: SimilarityQuery, in history: ImageHistory) -> Double {
        let first = 2 * limits.threshold <= limits.cap ? limits.threshold : limits.cap
        let (chunk, place) = history.place(of: query.position)
        let leader = query.position - Int(chunk.leaders[place])
        guard leader < query.position, query.window.contains(leader) else { return first }
        let (other, otherPlace) = history.place(of: leader)
        // A repeat is no neighbour.
        guard other.hashes[otherPlace] != chunk.hashes[place] else { return first }
        let root = Double(chunk.radii[place]) + SearchProgress.margin
        return max(limits.threshold, min(limits.cap, root * root))
    }
}
