/// How much of a model's past its queries are compared with; the oldest images leave first.
package struct HistoryLimits: Hashable, Sendable {
    /// The most images, over all shapes.
    package let entries: Int
    /// The most bytes of what is compared of them, over all shapes.
    package let bytes: Int
    /// The greatest age, in event time, relative to the latest event time seen so far.
    package let age: Duration

    /// Limits.
    ///
    /// - Parameters:
    ///   - entries: the most images.
    ///   - bytes: the most bytes of what is compared of them.
    ///   - age: the greatest age in event time.
    package init(entries: Int = 10_000, bytes: Int = 1 << 30, age: Duration = .seconds(7 * 86_400)) {
        self.entries = entries
        self.bytes = bytes
        self.age = age
    }
}

/// What a ``SimilarityDetector`` measures, and against how much of the past.
package struct SimilarityConfiguration: Hashable, Sendable {
    /// How distance is measured.
    package let metric: SimilarityMetric
    /// The window of SSIM; the other metrics have none.
    package let window: SimilarityWindow
    /// An earlier image nearer than this counts in the distance alarm; at most `cap`.
    package let threshold: Double
    /// Distances up to this are exact; beyond it only "further than the cap" is known.
    package let cap: Double
    /// How much of the past is kept.
    package let history: HistoryLimits

    /// A configuration.
    ///
    /// - Parameters:
    ///   - metric: how distance is measured.
    ///   - window: the window of SSIM.
    ///   - threshold: the distance below which an earlier image counts.
    ///   - cap: the distance up to which the nearest neighbour is known exactly.
    ///   - history: how much of the past is kept.
    /// - Precondition: `0 <= threshold && threshold <= cap`.
    package init(
        metric: SimilarityMetric = .ssim,
        window: SimilarityWindow = .uniform,
        threshold: Double = 0.1,
        cap: Double = 0.3,
        history: HistoryLimits = HistoryLimits()
    ) {
        precondition(0 <= threshold && threshold <= cap, "the threshold lies between 0 and the cap")
        self.metric = metric
        self.window = window
        self.threshold = threshold
        self.cap = cap
        self.history = history
    }
}
