internal import CSimilarity
internal import Domain

/// When signatures are learnt, and how much is done at once.
struct SignaturePolicy: Sendable {
    /// Images that a history must hold before a basis is learnt; below it, abandoning is fast enough.
    var minimumImages = 2048
    /// Images that a basis is learnt from; bounds the time of learning.
    var sampleCount: Int
    /// Of these, how many are landmarks.
    var landmarkCount: Int
    /// How many older images get their signature at once.
    var backfill: Int

    init(kernel: PairKernel) {
        // All of this takes time in proportion to the pixels, and the gaussian window about four times as much as the
        // uniform one; the numbers suit 50 x 50 x 3.
        let size = max(1, Double(kernel.shape.count) / 7500 * (kernel.plan.gaussian == 0 ? 1 : 4))
        landmarkCount = size > 4 ? 64 : 128
        sampleCount = max(256, Int(1536 / size))
        backfill = max(64, Int(1024 / size))
        if kernel.metric != .ssim || kernel.regionCount > 64 { minimumImages = .max }
    }
}

/// Which images of a history have signatures, and what made them.
struct SignatureState {
    /// What made the signatures; nil until one was learnt.
    var basis: SignatureBasis?
    /// The positions that have a signature by `basis`.
    var signed = 0..<0
    /// The end of the history at which a new basis is due.
    var nextLearning = 0
}

extension BoundedSearch {
    func prepare(
        _ history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let held = history.end - history.windowStart
        if held >= signatures.minimumImages, history.end >= history.signatures.nextLearning {
            // What images look like changes slowly: learn again when the history has been replaced some times over.
            history.signatures.basis = await learn(from: history, forEach: forEach)
            history.signatures.signed = history.end..<history.end
            history.signatures.nextLearning = history.end + 6 * held
        }
        guard let basis = history.signatures.basis else { return }
        let signed = history.signatures.signed
        let first = max(history.windowStart, signed.lowerBound - signatures.backfill)
        let positions = Array(first..<max(first, signed.lowerBound)) + Array(signed.upperBound..<history.end)
        let work = SigningWork(positions: positions, history: history, basis: basis)
        await forEach(work.pieces) { work.run($0) }
        history.signatures.signed = min(first, signed.lowerBound)..<history.end
    }

    private func learn(
        from history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async -> SignatureBasis {
        let held = history.end - history.windowStart
        let count = min(held, signatures.sampleCount)
        let sample = PixelBuffer(stride: history.shape.count, capacity: count)
        for index in 0..<count {
            sample.copy(index, from: history.pixels(at: history.windowStart + index * held / count))
        }
        return await SignatureBasis(
            sample: sample,
            count: count,
            kernel: kernel,
            landmarkCount: min(count, signatures.landmarkCount),
            forEach: forEach
        )
    }
}

/// Images to sign, in groups.
///
/// Unchecked: pixels are only read, and every image's signature is written by one piece.
private final class SigningWork: @unchecked Sendable {
    private let images: [UnsafePointer<UInt8>]
    private let outputs: [UnsafeMutablePointer<Int16>]
    private let basis: SignatureBasis

    init(positions: [Int], history: ImageHistory, basis: SignatureBasis) {
        images = positions.map { history.pixels(at: $0) }
        outputs = positions.map { history.signatureSlot(at: $0) }
        self.basis = basis
    }

    var pieces: Int { (images.count + SignatureBasis.group - 1) / SignatureBasis.group }

    func run(_ piece: Int) {
        let first = piece * SignatureBasis.group
        let range = first..<min(first + SignatureBasis.group, images.count)
        basis.sign(Array(images[range]), into: Array(outputs[range]))
    }
}
