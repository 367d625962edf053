internal import Domain

/// One image of a history, asked about against the images before it.
struct SimilarityQuery: Sendable {
    /// The place of the query's own image in the history.
    let position: Int
    /// The positions that it is compared with, all before its own.
    let window: Range<Int>
    /// Who asks.
    let user: UserID
    /// How many of those images are this user's.
    let ownImages: Int
    /// What the model answered.
    let prediction: Prediction
}

/// The findings of a query in both scopes.
typealias ScopedFindings = (user: SimilarityFinding, model: SimilarityFinding)

/// Finds what history says of a query; every search gives the same, to the last bit.
protocol SimilaritySearch: Sendable {
    /// Readies `history` for searches after images were appended; `forEach` runs pieces in parallel. Where `isRestoring`,
    /// more images may come before the first search.
    func prepare(
        _ history: ImageHistory,
        isRestoring: Bool,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async

    /// Learns which images of the last batch were like nothing before: they tell how what images look like changes.
    func note(unlike positions: [Int], in history: ImageHistory)

    /// Uses what an earlier run made, as far as it is of use, for images that are yet to come into `history`.
    func adopt(_ kept: KeptSignatures, in history: ImageHistory)

    /// Bytes of memory held beside the history's.
    var allocatedBytes: Int { get }

    /// Bytes held for every input beside its content, which count against the limits of the history.
    var bytesPerInput: Int { get }

    /// What each of `queries` finds in `history`, which nobody may change meanwhile.
    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings]
}

extension SimilaritySearch {
    func note(unlike positions: [Int], in history: ImageHistory) {}
    func adopt(_ kept: KeptSignatures, in history: ImageHistory) {}
    var allocatedBytes: Int { 0 }
    var bytesPerInput: Int { 0 }
}

/// What a search asks for.
struct SearchLimits: Sendable {
    /// Nearer images count in the distance alarm.
    let threshold: Double
    /// Nearest distances up to this are exact.
    let cap: Double
    /// How large the change between two contents is.
    let step: StepMeasure
}

/// How searches are done.
package enum SearchMethod: Hashable, Sendable {
    /// Every pair in full: slow and plain, the reference.
    case bruteForce
    /// Only as much of a pair as the answer needs.
    case fast
    /// As `fast`, but signatures begin at `images` images and are made at once; for tests of small histories, and, with
    /// `Int.max`, for measuring what signatures save.
    case signed(images: Int)

    /// The one place that decides which search serves a metric and a shape.
    func search(configuration: SimilarityConfiguration, shape: ImageShape, path: KernelPath)
        -> any SimilaritySearch
    {
        let metric = configuration.metric
        let limits = SearchLimits(
            threshold: configuration.threshold,
            cap: configuration.cap,
            step: StepMeasure(metric: metric, shape: shape, path: path)
        )
        switch metric {
        case .ssim, .mse, .psnr:
            let window = configuration.window
            let kernel = PairKernel(metric: metric, window: window, shape: shape, path: path)
            guard self != .bruteForce else { return BruteForceSearch(measure: kernel, limits: limits) }
            return BoundedSearch(kernel: kernel, limits: limits, policy: policy)
        case .fsim: return scan(FSIMMeasure(shape: shape, path: path), limits)
        case .features: return scan(FeatureMeasure(dimension: shape.width, path: path), limits)
        }
    }

    private func scan(_ measure: some DistanceMeasure, _ limits: SearchLimits) -> any SimilaritySearch {
        if self == .bruteForce { return BruteForceSearch(measure: measure, limits: limits) }
        return ScanSearch(measure: measure, limits: limits)
    }

    private var policy: SignaturePolicy {
        guard case .signed(let images) = self else { return SignaturePolicy() }
        return SignaturePolicy(minimumImages: images, isImmediate: true)
    }
}
