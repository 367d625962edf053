internal import CSimilarity
internal import Domain

/// The signatures of a history's images, and who leads whom.
///
/// Confined to the task that prepares searches; while searches run it is only read.
final class SearchIndex {
    /// What new segments are signed with; nil until something was learnt.
    private(set) var origin: SignatureOrigin?
    /// What an earlier run made, while a history is being restored.
    var kept: KeptSignatures?
    /// How many images of a segment have the signatures that were kept.
    private var taken: [Int: Int] = [:]
    private(set) var keptCount = 0
    /// The first segment that no page was made of.
    private var pageNumber = 0
    /// Learns and signs in the background.
    let learner = SignatureLearner()
    /// By number from `firstSegment`; nil where images are not signed (yet).
    private(set) var segments: [SignatureSegment?] = []
    private(set) var firstSegment = 0
    /// The position after the last image that was looked at here.
    private(set) var end = 0
    /// The largest root of a distance to a leader so far.
    private(set) var largestRadius = 0.0
    /// The end of the history from which a new basis is learnt where it is of use, and at which it is learnt anyway.
    var nextLearning = 0
    var latestLearning = 0
    /// How well the newest basis still suits.
    private(set) var wear = BasisWear()
    /// Of the basis that is being learnt.
    var learning = (images: 0, sequence: Int64(0))
    /// Images that came while the background signed their segment, and count as near to everything until they are signed.
    private var backlog = 0..<0
    /// Leaders that a user's images joined last, latest last.
    private var recent: [UInt32: [Int]] = [:]
    /// Signatures of the last batch's images, by position, and what made them.
    var fresh = FreshSignatures()

    var basis: SignatureBasis? { origin?.basis }

    /// Signs with `basis` from now on.
    func adopt(_ basis: SignatureBasis, of shape: ImageShape, learnt: (images: Int, sequence: Int64)) {
        origin = SignatureOrigin(shape: shape, basis: basis, learnt: learnt)
        wear = BasisWear()
        taken = [:]
        pageNumber = firstSegment
    }

    /// Notes what the newest basis leaves of images of the last batch.
    func note(_ positions: some Sequence<Int>) {
        guard let basis else { return }
        for position in positions {
            guard let signature = fresh.signature(of: position, by: basis) else { continue }
            wear.add(signature.pointee, basis)
        }
    }

    /// Says how many more images of a segment have signatures that were kept.
    func take(_ count: Int, in number: Int) {
        taken[number, default: 0] += count
        keptCount += count
    }

    /// Segments that have become full and signed since the last call, where not all of it was kept already.
    func takePages(of history: ImageHistory) -> [SignaturePage] {
        guard let origin else { return [] }
        var pages: [SignaturePage] = []
        pageNumber = max(pageNumber, firstSegment)
        while let segment = segment(pageNumber), segment.basis === origin.basis {
            let first = pageNumber * SignatureSegment.capacity
            let end = first + SignatureSegment.capacity
            guard end <= history.end, backlog.clamped(to: first..<end).isEmpty else { break }
            let positions = max(first, min(history.windowStart, end))..<end
            let isKnown = taken.removeValue(forKey: pageNumber) == positions.count
            pageNumber += 1
            guard !positions.isEmpty, !isKnown else { continue }
            pages.append(
                SignaturePage(
                    origin: origin,
                    sequences: positions.map { history.sequence(at: $0) },
                    isLast: (pageNumber + 1) * SignatureSegment.capacity > history.end,
                    images: positions.map { history.held($0) },
                    segment: segment,
                    firstPlace: positions.lowerBound - first
                )
            )
        }
        return pages
    }

    /// Bytes held.
    var allocatedBytes: Int {
        segments.count { $0 != nil } * SignatureSegment.capacity * SignatureSegment.bytes
            + recent.count * (LeaderSearch.recentCount + 4) * 8
    }

    /// Drops signatures of images whose pixels are gone, and users that have left.
    func forget(before position: Int, users: [UInt32]) {
        let count = min(position / SignatureSegment.capacity - firstSegment, segments.count)
        if count > 0 {
            segments.removeFirst(count)
            firstSegment += count
        }
        for user in users { recent[user] = nil }
    }

    /// Makes room for images up to `end`; a new last segment will be signed by the newest basis.
    func extend(to end: Int) {
        if segments.isEmpty { firstSegment = max(firstSegment, self.end / SignatureSegment.capacity) }
        while (firstSegment + segments.count) * SignatureSegment.capacity < end {
            let isLast = (firstSegment + segments.count + 1) * SignatureSegment.capacity >= end
            segments.append(isLast || kept != nil ? basis.map { SignatureSegment(basis: $0) } : nil)
        }
        self.end = end
    }

    /// The segment of a number, where it is signed.
    func segment(_ number: Int) -> SignatureSegment? {
        segments.indices.contains(number - firstSegment) ? segments[number - firstSegment] : nil
    }

    /// Puts a segment whose first `count` places were signed in the background where it belongs, if that is still held.
    func install(_ segment: SignatureSegment, at number: Int, signed count: Int, of history: ImageHistory) {
        guard segments.indices.contains(number - firstSegment) else { return }
        segments[number - firstSegment] = segment
        let first = number * SignatureSegment.capacity
        let end = min(first + SignatureSegment.capacity, history.end)
        if first + count < end { backlog = first + count..<end }
    }

    /// Up to `count` images of the backlog, which are then no longer part of it.
    func takeBacklog(_ count: Int, from start: Int) -> Range<Int> {
        let first = max(backlog.lowerBound, start)
        let end = min(first + count, backlog.upperBound)
        guard first < end else { return 0..<0 }
        backlog = end..<backlog.upperBound
        return first..<end
    }

    /// Segments that the newest basis has not signed.
    func unsignedSegments() -> [Int] {
        segments.indices.filter { segments[$0]?.basis !== basis }.map { $0 + firstSegment }
    }

    /// Finds leaders for the images of `positions`; `forEach` runs pieces in parallel.
    func lead(
        _ positions: Range<Int>,
        of history: ImageHistory,
        kernel: PairKernel,
        cut: Double,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        var (groups, numbers): ([LeaderSearch.Group], [UInt32: Int]) = ([], [:])
        for position in positions {
            let (chunk, place) = history.place(of: position)
            let user = chunk.users[place]
            let number = numbers[user] ?? groups.count
            if number == groups.count {
                numbers[user] = number
                groups.append(LeaderSearch.Group(user: user, recent: recent[user] ?? []))
            }
            groups[number].positions.append(position)
        }
        let search = LeaderSearch(groups, of: history, kernel: kernel, cut: cut)
        await forEach(search.pieces) { search.run($0) }
        for piece in 0..<search.pieces {
            let (found, user, latest) = search.result(piece)
            recent[user] = latest
            for image in found {
                let (chunk, place) = history.place(of: image.position)
                chunk.leaders[place] = UInt32(image.position - image.leader)
                chunk.radii[place] = image.radius
                largestRadius = max(largestRadius, Double(image.radius))
            }
        }
    }
}

/// Signatures of the newest images by the basis of the last segments, so that they are not made twice.
struct FreshSignatures {
    /// By position from `start`.
    private(set) var start = 0
    private(set) var table: SignatureTable?
    private(set) var basis: SignatureBasis?

    init() {}

    init(_ table: SignatureTable, from start: Int, basis: SignatureBasis) {
        self.table = table
        self.start = start
        self.basis = basis
    }

    /// Where the signature of `position` by `basis` is.
    func signature(of position: Int, by basis: SignatureBasis) -> UnsafeMutablePointer<Signature>? {
        guard let table, self.basis === basis, position >= start, position - start < table.count else {
            return nil
        }
        return table[position - start]
    }
}
