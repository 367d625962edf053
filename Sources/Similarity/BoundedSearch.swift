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

    /// An image is led by an earlier one of its user up to this distance.
    var joinCut: Double { min(0.01, limits.threshold / 10) }

    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings] {
        let scan = scan(queries, in: history)
        let cuts = queries.map { startingCut(of: $0, in: history) }
        let candidates = scan.candidates(within: cuts)
        return queries.indices.map { index in
            var progress = SearchProgress(
                query: queries[index],
                history: history,
                kernel: kernel,
                limits: limits
            )
            progress.look(at: candidates[index])
            return (progress.user.finding(in: history), progress.model.finding(in: history))
        }
    }

    /// How many images of each query's window are looked at unless a near one is found early.
    func candidateCounts(_ queries: [SimilarityQuery], in history: ImageHistory) -> [Int] {
        let cuts = queries.map { startingCut(of: $0, in: history) }
        return scan(queries, in: history).candidates(within: cuts).map(\.count)
    }

    private func scan(_ queries: [SimilarityQuery], in history: ImageHistory) -> SignatureScan {
        SignatureScan(queries, history: history, kernel: kernel, isSigned: policy.isSigned)
    }

    /// What the query's own leader says of how far away an image can be that matters.
    private func startingCut(of query: SimilarityQuery, in history: ImageHistory) -> Double {
        let (chunk, place) = history.place(of: query.position)
        let leader = query.position - Int(chunk.leaders[place])
        guard leader < query.position, query.window.contains(leader) else { return limits.cap }
        let (other, otherPlace) = history.place(of: leader)
        // A repeat is no neighbour.
        guard other.hashes[otherPlace] != chunk.hashes[place] else { return limits.cap }
        let root = Double(chunk.radii[place]) + SearchProgress.margin
        return max(limits.threshold, min(limits.cap, root * root))
    }
}
