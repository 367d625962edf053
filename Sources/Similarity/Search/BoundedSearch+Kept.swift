internal import Domain
internal import Synchronization

/// Signatures that an earlier run made.
extension BoundedSearch {
    /// Of what was kept so many signatures of a page of images are made again, to see whether they are the same.
    private static let samples = 4

    func adopt(_ kept: KeptSignatures, in history: ImageHistory) {
        let index = history.index
        guard policy.isSigned, index.basis == nil, history.shape == kept.shape,
            let basis = SignatureBasis.unpacked(kept.basis, kernel: kernel)
        else { return }
        index.kept = kept
        index.adopt(basis, of: history.shape, learnt: kept.learnt)
        index.nextLearning = .max
    }

    /// Gives each image the signature that was kept of it, and signs the others.
    func take(
        _ range: Range<Int>,
        from kept: KeptSignatures,
        of history: ImageHistory,
        in segment: SignatureSegment,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let work = TakingWork(
            images: range.map { history.held($0) },
            sequences: range.map { history.sequence(at: $0) },
            place: range.lowerBound % SignatureSegment.capacity,
            kept: kept,
            segment: segment
        )
        guard work.isSound(Self.samples) else {
            // Made by other code: nothing of it is of use.
            history.index.kept = nil
            _ = await sign(range, of: history, in: segment, forEach: forEach)
            return
        }
        await forEach(work.pieces) { work.run($0) }
        history.index.take(work.taken, in: range.lowerBound / SignatureSegment.capacity)
    }

    /// Lets go of what was kept, and says when to learn again: as if there had been no restart.
    func endRestoring(_ history: ImageHistory) {
        let index = history.index
        index.kept = nil
        guard index.nextLearning == .max, let learnt = index.origin?.learnt, history.end > 0 else { return }
        let since = Int(clamping: history.sequence(at: history.end - 1) - learnt.sequence)
        let interval = imagesUntilLearning(learnt.images, history.shape)
        index.nextLearning = history.end + max(0, interval - max(0, since))
        index.latestLearning =
            history.end + max(0, SignaturePolicy.postponement * interval - max(0, since))
    }
}

/// Images that may have kept signatures; every piece writes other places of the segment.
private final class TakingWork: Sendable {
    /// A multiple of how many are best signed at once.
    private static let size = 4 * SignatureBasis.group

    private let images: [HeldImage]
    private let sequences: [Int64]
    private let place: Int
    private let kept: KeptSignatures
    private let segment: SignatureSegment
    private let count = Mutex(0)

    /// - Parameters:
    ///   - images: neighbours.
    ///   - sequences: their sequence numbers.
    ///   - place: of the first in the segment.
    ///   - kept: what was kept.
    ///   - segment: of the basis that was kept.
    init(
        images: [HeldImage],
        sequences: [Int64],
        place: Int,
        kept: KeptSignatures,
        segment: SignatureSegment
    ) {
        self.images = images
        self.sequences = sequences
        self.place = place
        self.kept = kept
        self.segment = segment
    }

    var pieces: Int { (images.count + Self.size - 1) / Self.size }

    /// How many signatures had been kept, after all pieces.
    var taken: Int { count.withLock { $0 } }

    /// Whether up to so many signatures that were kept are what signing makes, but for rounding.
    func isSound(_ samples: Int) -> Bool {
        let known = images.indices.filter { kept.holds(sequences[$0], images[$0].pixels) }.prefix(samples)
        let table = SignatureTable(count: known.count)
        for (index, image) in known.enumerated() {
            segment.basis.sign([images[image].pixels], into: table[index])
            guard let coordinates = kept.coordinates(of: sequences[image]) else { continue }
            let own = UnsafeBufferPointer(start: table[index].pointee.coordinates, count: signatureLength)
            guard zip(own, coordinates).allSatisfy({ abs(Int($0) - Int($1)) <= 1 }) else { return false }
        }
        return true
    }

    func run(_ piece: Int) {
        let range = piece * Self.size..<min((piece + 1) * Self.size, images.count)
        let missing = range.filter { index in
            !kept.take(sequences[index], images[index].pixels, into: segment, at: place + index)
        }
        count.withLock { $0 += range.count - missing.count }
        let group = SignatureBasis.group
        let table = SignatureTable(count: min(group, missing.count))
        for first in stride(from: 0, to: missing.count, by: group) {
            let part = missing[first..<min(first + group, missing.count)]
            segment.basis.sign(part.map { images[$0].pixels }, into: table[0])
            for (index, image) in part.enumerated() {
                segment.set(place + image, to: table[index].pointee)
            }
        }
    }
}
