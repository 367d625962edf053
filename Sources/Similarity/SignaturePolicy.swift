internal import CSimilarity
internal import Domain

/// When signatures are learnt, and how much is done at once.
struct SignaturePolicy: Sendable {
    /// Clusters that a history must hold before a basis is learnt; below it, abandoning is fast enough.
    var minimumClusters = 384
    /// Leaders that a basis is learnt from; bounds the time of learning.
    var sampleCount: Int
    /// Of these, how many are landmarks.
    var landmarkCount: Int
    /// How many older leaders get their signature at once.
    var backfill: Int

    init(kernel: PairKernel) {
        // All of this takes time in proportion to the pixels, and the gaussian window about four times as much as the
        // uniform one; the numbers suit 50 x 50 x 3.
        let size = max(1, Double(kernel.shape.count) / 7500 * (kernel.plan.gaussian == 0 ? 1 : 4))
        landmarkCount = size > 4 ? 64 : 128
        sampleCount = max(256, Int(1024 / size))
        backfill = max(64, Int(1024 / size))
        if kernel.metric != .ssim || kernel.regionCount > 64 { minimumClusters = .max }
    }
}

/// Which images of a history are near each other, and what made their signatures.
struct SignatureState {
    /// What made the signatures; nil until one was learnt.
    var basis: SignatureBasis?
    /// Every image's cluster, with the leaders' signatures.
    let clusters = ClusterTable()
    /// The end of the history at which a new basis is due.
    var nextLearning = 0
    /// The number of clusters at which a new basis is due.
    var nextClusters = 0
}

extension BoundedSearch {
    func prepare(
        _ history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        guard kernel.metric == .ssim else { return }
        let table = history.signatures.clusters
        table.update(from: history, kernel: kernel)
        let count = table.clusters.count
        let isDue = history.end >= history.signatures.nextLearning || count >= history.signatures.nextClusters
        if count >= signatures.minimumClusters, isDue {
            // What images look like changes slowly: learn again when there are some times as many, or when the
            // history has been replaced some times over.
            history.signatures.basis = await learn(from: history, forEach: forEach)
            table.clearSigned()
            history.signatures.nextLearning = history.end + 6 * (history.end - history.windowStart)
            history.signatures.nextClusters = 4 * count
        }
        guard let basis = history.signatures.basis else { return }
        var indices: [Int] = []
        for index in table.clusters.indices.reversed() where !table.clusters[index].isSigned {
            guard indices.count < signatures.backfill + 256 else { break }
            indices.append(index)
        }
        let work = SigningWork(indices, history: history, basis: basis)
        await forEach(work.pieces) { work.run($0) }
        table.setSigned(indices)
    }

    private func learn(
        from history: ImageHistory,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async -> SignatureBasis {
        let clusters = history.signatures.clusters.clusters
        let count = min(clusters.count, signatures.sampleCount)
        let sample = PixelBuffer(stride: history.shape.count, capacity: count)
        for index in 0..<count {
            sample.copy(index, from: history.pixels(at: clusters[index * clusters.count / count].leader))
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

/// Leaders to sign, in groups.
///
/// Unchecked: pixels are only read, and every leader's signature is written by one piece.
private final class SigningWork: @unchecked Sendable {
    private let images: [UnsafePointer<UInt8>]
    private let outputs: [UnsafeMutablePointer<Int16>]
    private let basis: SignatureBasis

    init(_ indices: [Int], history: ImageHistory, basis: SignatureBasis) {
        let table = history.signatures.clusters
        images = indices.map { history.pixels(at: table.clusters[$0].leader) }
        outputs = indices.map { table.signatureSlot($0) }
        self.basis = basis
    }

    var pieces: Int { (images.count + SignatureBasis.group - 1) / SignatureBasis.group }

    func run(_ piece: Int) {
        let first = piece * SignatureBasis.group
        let range = first..<min(first + SignatureBasis.group, images.count)
        basis.sign(Array(images[range]), into: Array(outputs[range]))
    }
}
