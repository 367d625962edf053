/// How steeply earlier answers fell on the way to one query.
///
/// A step of a search for an adversarial example follows the model's gradient, so it moves the answer much further than
/// an ordinary change of the same size does; and what a camera changes (place, sharpness, brightness, contrast) is no
/// step of such a search, however far the answer moves. So a fall counts per unit of change, times the share of the change
/// that no camera makes.
struct Descents {
    let history: ImageHistory
    private let query: SimilarityQuery
    private let step: StepMeasure
    private var unexplained: [Int: Double] = [:]

    init(to query: SimilarityQuery, in history: ImageHistory, step: StepMeasure) {
        self.query = query
        self.history = history
        self.step = step
    }

    /// The steepest descent from one of a few images, the oldest of equals.
    ///
    /// Few, because chance gets more to choose from with every image. The nearest is what the query most likely was made
    /// from; the oldest near one is what a long search began with, or the oldest that is left of it.
    ///
    /// Of exact repeats the oldest and the newest are two more, where the answer to the same image is another one: then the
    /// log does not show what the model saw.
    ///
    /// - Parameters:
    ///   - positions: where the images are; ones that are nil are passed over.
    ///   - repeats: where exact repeats are, alike.
    /// - Returns: nil where no answer fell.
    mutating func steepest(
        from positions: [Int?],
        repeats: [Int?] = []
    ) -> (descent: Double, position: Int)? {
        let fallen = repeats.compactMap(\.self).filter { history.change(at: $0, to: query).isClear }
        let slopes = Set(positions.compactMap(\.self) + fallen).compactMap(slope)
        var best: (descent: Double, position: Int)?
        // The share is at most 1, so what is less steep to begin with often need not be asked for its.
        for (slope, position) in slopes.sorted(by: { ($0.slope, $1.position) > ($1.slope, $0.position) }) {
            if let best, slope < best.descent { break }
            let descent = slope * share(at: position)
            if (descent, best?.position ?? position) > (best?.descent ?? 0, position) {
                best = (descent, position)
            }
        }
        return best
    }

    private func slope(from position: Int) -> (slope: Double, position: Int)? {
        let ratio = history.change(at: position, to: query).oddsRatio
        guard ratio > 1 else { return nil }
        let (earlier, later) = (history.content(at: position), history.content(at: query.position))
        return (step.slope(oddsRatio: ratio, from: earlier, to: later), position)
    }

    /// The share of the change that no camera makes; asked for by both scopes, computed once.
    private mutating func share(at position: Int) -> Double {
        if let known = unexplained[position] { return known }
        let (earlier, later) = (history.content(at: position), history.content(at: query.position))
        let share = step.unexplained(from: earlier, to: later)
        unexplained[position] = share
        return share
    }
}

extension SearchLimits {
    /// The findings of a query in both scopes.
    func findings(
        of query: SimilarityQuery,
        _ builders: (user: FindingBuilder, model: FindingBuilder),
        in history: ImageHistory
    ) -> ScopedFindings {
        var descents = Descents(to: query, in: history, step: step)
        return (builders.user.finding(&descents), builders.model.finding(&descents))
    }
}
