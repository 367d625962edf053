package import Domain

/// Searches a history again and again, by other means and limits, and changes nothing; for measurements.
///
/// Valid until the detector that it came from observes something.
package struct SimilarityProbe {
    private let queries: [SimilarityQuery]
    private let history: ImageHistory
    private let configuration: SimilarityConfiguration

    init(_ inputs: [SimilarityInput], history: ImageHistory, configuration: SimilarityConfiguration) {
        self.history = history
        self.configuration = configuration
        let start = history.end - inputs.count
        // All see the same images: those before the first of them.
        let window = history.windowStart..<start
        var own: [UserID: Int] = [:]
        for position in window { own[history.user(at: position), default: 0] += 1 }
        queries = inputs.enumerated().map { index, input in
            SimilarityQuery(
                position: start + index,
                window: window,
                user: input.user,
                ownImages: own[input.user] ?? 0,
                prediction: input.prediction
            )
        }
    }

    /// How many queries there are.
    package var count: Int { queries.count }

    /// The findings of some queries, searched for together.
    ///
    /// - Parameters:
    ///   - range: which queries.
    ///   - threshold: instead of the detector's.
    ///   - cap: instead of the detector's.
    ///   - method: how to search.
    /// - Returns: what the queries find.
    package func find(
        _ range: Range<Int>,
        threshold: Double,
        cap: Double,
        method: SearchMethod
    ) -> [(user: SimilarityFinding, model: SimilarityFinding)] {
        search(threshold, cap, method).find(Array(queries[range]), in: history)
    }

    /// How many images signatures do not rule out for a query at the cap.
    package func candidates(_ index: Int, cap: Double) -> Int {
        guard let search = search(0, cap, .fast) as? BoundedSearch else { return 0 }
        return search.candidateCounts([queries[index]], in: history)[0]
    }

    private func search(_ threshold: Double, _ cap: Double, _ method: SearchMethod) -> any SimilaritySearch {
        let limits = SimilarityConfiguration(
            metric: configuration.metric,
            window: configuration.window,
            threshold: threshold,
            cap: cap,
            history: configuration.history
        )
        return method.search(configuration: limits, shape: history.shape, path: .best)
    }
}
