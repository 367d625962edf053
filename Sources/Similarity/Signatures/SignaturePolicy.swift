internal import CSimilarity
internal import Domain

/// When signatures are learnt, and where.
struct SignaturePolicy: Sendable {
    /// Images that a history must hold before a basis is learnt; below it, abandoning is fast enough.
    var minimumImages = 1024
    /// Whether learning and signing is waited for.
    var isImmediate = false
    /// A restored history's first basis is learnt from so many images, as one that grew has learnt last, so that images
    /// are not signed twice.
    static let restoredImages = 16_384

    /// A basis that still says as much as it did is kept for so many times as long.
    static let postponement = 4

    /// Whether there are signatures at all.
    var isSigned: Bool { minimumImages < .max }

    /// Images that a basis is learnt from: more say little more, and they are held twice while it is.
    static func sampleCount(of shape: ImageShape) -> Int {
        min(4096, max(256, (32 << 20) / max(1, shape.count)))
    }
}

extension BoundedSearch {
    /// Segments that the background is given at once, so that listing their images takes no time.
    private static let segmentsAtOnce = 8

    func prepare(
        _ history: ImageHistory,
        isRestoring: Bool,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let index = history.index
        let start = max(index.end, history.heldStart)
        index.extend(to: history.end)
        await signBacklog(of: history, forEach: forEach)
        let new = start..<max(start, history.end)
        await index.lead(new, of: history, kernel: kernel, cut: joinCut, forEach: forEach)
        await sign(new, of: history, forEach: forEach)
        if !isRestoring { endRestoring(history) }
        let count = history.end - history.windowStart
        if isRestoring, index.basis == nil, count < SignaturePolicy.restoredImages { return }
        await learnPromptly(from: history, forEach: forEach)
        repeat {
            maintain(history, immediately: policy.isImmediate)
        } while policy.isImmediate && index.learner.hasProducts
    }

    /// Learns a first basis and signs everything with it, on all threads: without signatures every search would look at
    /// everything meanwhile.
    private func learnPromptly(
        from history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let index = history.index
        guard index.basis == nil, !index.learner.isBusy else { return }
        maintain(history, immediately: true)
        guard case .basis(let basis)? = index.learner.takeProducts().first else { return }
        index.adopt(basis, of: history.shape, learnt: index.learning)
        let capacity = SignatureSegment.capacity
        for number in index.unsignedSegments() {
            let range = max(number * capacity, history.heldStart)..<min((number + 1) * capacity, history.end)
            let segment = SignatureSegment(basis: basis)
            _ = await sign(range, of: history, in: segment, forEach: forEach)
            index.install(segment, at: number, signed: range.upperBound - number * capacity, of: history)
        }
    }

    /// Signs the newest images where their segments are signed.
    private func sign(
        _ positions: Range<Int>,
        of history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let index = history.index
        index.fresh = FreshSignatures()
        guard !positions.isEmpty else { return }
        let capacity = SignatureSegment.capacity
        // Several segments at once come from a restart; those that are not signed are left to the background.
        for number in positions.lowerBound / capacity...(positions.upperBound - 1) / capacity {
            guard let segment = index.segment(number) else { continue }
            let range = positions.clamped(to: number * capacity..<(number + 1) * capacity)
            if let kept = index.kept, segment.basis === index.basis {
                await take(range, from: kept, of: history, in: segment, forEach: forEach)
                continue
            }
            let table = await sign(range, of: history, in: segment, forEach: forEach)
            index.fresh = FreshSignatures(table, from: range.lowerBound, basis: segment.basis)
        }
    }

    /// Signs some of the images that came while their segment was signed in the background.
    private func signBacklog(
        of history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let range = history.index.takeBacklog(64, from: history.heldStart)
        guard !range.isEmpty,
            let segment = history.index.segment(range.lowerBound / SignatureSegment.capacity)
        else { return }
        _ = await sign(range, of: history, in: segment, forEach: forEach)
    }

    func sign(
        _ range: Range<Int>,
        of history: ImageHistory,
        in segment: SignatureSegment,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async -> SignatureTable {
        let table = SignatureTable(count: range.count)
        let work = SigningWork(images: range.map { history.held($0) }, basis: segment.basis, table: table)
        await forEach(work.pieces) { work.run($0) }
        for position in range {
            segment.set(position % SignatureSegment.capacity, to: table[position - range.lowerBound].pointee)
        }
        return table
    }

    /// An attack's queries do not count: a basis cannot learn noise, and nobody should be able to have everything signed anew.
    func note(unlike positions: [Int], in history: ImageHistory) { history.index.note(positions) }

    /// Takes what the background made, and gives it something to do.
    private func maintain(_ history: ImageHistory, immediately isImmediate: Bool) {
        let index = history.index
        for product in index.learner.takeProducts() {
            switch product {
            case .basis(let basis): index.adopt(basis, of: history.shape, learnt: index.learning)
            case .segment(let segment, let number, let count):
                index.install(segment, at: number, signed: count, of: history)
            }
        }
        guard !index.learner.isBusy else { return }
        let count = history.end - history.windowStart
        if count >= policy.minimumImages, isLearningDue(history) {
            let sample = SignaturePolicy.sampleCount(of: history.shape)
            let interval = imagesUntilLearning(count, history.shape)
            index.nextLearning = history.end + interval
            index.latestLearning = history.end + SignaturePolicy.postponement * interval
            index.learning = (count, history.sequence(at: history.end - 1))
            index.learner.learn(
                from: self.sample(sample, of: history),
                kernel: kernel,
                immediately: isImmediate
            )
        } else if let basis = index.basis {
            let orders = index.unsignedSegments().prefix(Self.segmentsAtOnce).map { number in
                let first = max(number * SignatureSegment.capacity, history.heldStart)
                let end = min((number + 1) * SignatureSegment.capacity, history.end)
                return SignatureLearner.SegmentOrder(
                    number: number,
                    offset: first - number * SignatureSegment.capacity,
                    images: (first..<end).map { history.held($0) }
                )
            }
            guard !orders.isEmpty else { return }
            index.learner.sign(orders, basis: basis, immediately: isImmediate)
        }
    }

    /// What images look like changes slowly: a basis that was learnt from a full sample is only replaced where it has
    /// come to say less, or is very old.
    private func isLearningDue(_ history: ImageHistory) -> Bool {
        let index = history.index
        guard history.end >= index.nextLearning else { return false }
        guard let learnt = index.origin?.learnt.images,
            learnt >= 4 * SignaturePolicy.sampleCount(of: history.shape)
        else { return true }
        return index.wear.isWorn || history.end >= index.latestLearning
    }

    /// Learn again when there are some times as many images, up to what a sample holds, or when the history has been
    /// replaced some times over.
    func imagesUntilLearning(_ count: Int, _ shape: ImageShape) -> Int {
        (count < 4 * SignaturePolicy.sampleCount(of: shape) ? 3 : 6) * count
    }

    /// Leaders, evenly over the window.
    private func sample(_ count: Int, of history: ImageHistory) -> [HeldImage] {
        let (start, length) = (history.windowStart, history.end - history.windowStart)
        let size = min(count, length)
        return (0..<size).compactMap { slot in
            let positions = start + slot * length / size..<start + (slot + 1) * length / size
            let leader = positions.first { position in
                let leader = history.leader(of: position)
                return leader == position || leader < start
            }
            return leader.map { history.held($0) }
        }
    }
}

/// Images to sign, in groups; every piece writes signatures of its own.
private struct SigningWork: Sendable {
    let images: [HeldImage]
    let basis: SignatureBasis
    let table: SignatureTable

    var pieces: Int { (images.count + SignatureBasis.group - 1) / SignatureBasis.group }

    func run(_ piece: Int) {
        let first = piece * SignatureBasis.group
        let part = images[first..<min(first + SignatureBasis.group, images.count)]
        basis.sign(part.map(\.pixels), into: table[first])
    }
}
