internal import CSimilarity
internal import Domain

/// An image that signatures do not rule out.
struct Candidate {
    /// The image is not nearer than this.
    let bound: Float
    /// The image's position, counted from the first that the history holds.
    let offset: UInt32

    /// The order in which candidates are looked at: near ones first, and of these the newest.
    static func precedes(_ left: Candidate, _ right: Candidate) -> Bool {
        left.bound == right.bound ? left.offset > right.offset : left.bound < right.bound
    }
}

/// Compares the signatures of a few queries with those of a history, reading the latter once.
struct SignatureScan {
    private let queries: [SimilarityQuery]
    private let history: ImageHistory
    private let kernel: PairKernel
    private let isSigned: Bool
    private let start: Int

    /// - Parameters:
    ///   - queries: of one history.
    ///   - history: where they are, and what they are compared with.
    ///   - kernel: the distance.
    ///   - isSigned: whether signatures are used at all.
    init(_ queries: [SimilarityQuery], history: ImageHistory, kernel: PairKernel, isSigned: Bool) {
        self.queries = queries
        self.history = history
        self.kernel = kernel
        self.isSigned = isSigned
        start = history.heldStart
    }

    /// The images of each query's window that may be as near as its cut, in the order to look at them.
    ///
    /// - Parameters:
    ///   - cuts: by query; below 0 finds nothing.
    ///   - earlier: an earlier scan, whose candidates are left out.
    /// - Returns: candidates by query.
    func candidates(within cuts: [Double], after earlier: EarlierScan? = nil) -> [[Candidate]] {
        var found = [[Candidate]](repeating: [], count: queries.count)
        let first = queries.map(\.window.lowerBound).min() ?? 0
        let end = queries.map(\.window.upperBound).max() ?? 0
        guard first < end else { return found }
        let capacity = SignatureSegment.capacity
        let room = CandidateRoom(queries: queries.count)
        var known: [QuerySignatures] = []
        for number in first / capacity...(end - 1) / capacity {
            let positions = number * capacity..<min((number + 1) * capacity, end)
            guard isSigned, let segment = history.index.segment(number) else {
                if earlier == nil { addAll(positions, to: &found) }
                continue
            }
            let signatures = known.first { $0.basis === segment.basis } ?? self.signatures(by: segment.basis)
            if known.last?.basis !== signatures.basis { known.append(signatures) }
            scan(segment, positions, signatures, cuts, earlier, room, &found)
        }
        for index in found.indices { found[index].sort(by: Candidate.precedes) }
        return found
    }

    private func addAll(_ positions: Range<Int>, to found: inout [[Candidate]]) {
        for (index, query) in queries.enumerated() {
            for position in positions.clamped(to: query.window) {
                found[index].append(Candidate(bound: 0, offset: UInt32(position - start)))
            }
        }
    }

    private func scan(
        _ segment: SignatureSegment,
        _ all: Range<Int>,
        _ signatures: QuerySignatures,
        _ cuts: [Double],
        _ earlier: EarlierScan?,
        _ room: CandidateRoom,
        _ found: inout [[Candidate]]
    ) {
        let basis = segment.basis
        let asked = queries.indices.filter { cuts[$0] >= 0 && !all.clamped(to: queries[$0].window).isEmpty }
        let orders = asked.enumerated().map { place, index in
            let own = signatures[index]
            let limit = basis.limit(of: own.pointee, forCut: cuts[index])
            return room.order(place, signature: own.pointee, limit: limit)
        }
        segment.scan(orders, count: all.count, path: kernel.path)
        for (place, index) in asked.enumerated() {
            let positions = all.clamped(to: queries[index].window)
            let known = earlier.map { basis.limit(of: signatures[index].pointee, forCut: $0.cuts[index]) }
            room.forEachFound(place) { place, bound in
                let position = all.lowerBound + place
                guard positions.contains(position) else { return }
                if let known, bound <= known { return }
                let onlyOwn = earlier?.onlyOwn[index] ?? false
                if onlyOwn, !history.hasSameUser(position, queries[index].position) { return }
                let bound = basis.distance(of: signatures[index].pointee, bound: bound)
                found[index].append(Candidate(bound: bound, offset: UInt32(position - start)))
            }
        }
    }

    /// The queries' signatures, those that were made before and the others.
    private func signatures(by basis: SignatureBasis) -> QuerySignatures {
        let fresh = queries.map { history.index.fresh.signature(of: $0.position, by: basis) }
        let missing = queries.indices.filter { fresh[$0] == nil }
        let table = SignatureTable(count: missing.count)
        for first in stride(from: 0, to: missing.count, by: SignatureBasis.group) {
            let part = missing[first..<min(first + SignatureBasis.group, missing.count)]
            basis.sign(part.map { history.pixels(at: queries[$0].position) }, into: table[first])
        }
        var all = fresh
        for (place, index) in missing.enumerated() { all[index] = table[place] }
        return QuerySignatures(basis: basis, signatures: all.compactMap { $0 }, table: table)
    }
}

/// What an earlier scan for the same queries has settled.
struct EarlierScan {
    /// Images up to these cuts, by query.
    let cuts: [Double]
    /// For which queries other users' images no longer matter.
    let onlyOwn: [Bool]
}

/// The signatures of some queries by one basis.
private struct QuerySignatures {
    let basis: SignatureBasis
    let signatures: [UnsafeMutablePointer<Signature>]
    /// Holds those that were made for this search.
    let table: SignatureTable

    subscript(index: Int) -> UnsafeMutablePointer<Signature> { signatures[index] }
}
