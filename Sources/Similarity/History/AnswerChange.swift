/// What became of the answer to an earlier image on the way to a query's.
struct AnswerChange {
    /// What logs with six decimals can tell from certainty.
    private static let resolution = 1e-6

    /// Whether the earlier image had a higher probability of its own class than the query now gives that class; with
    /// the top class only, a changed class counts as lower (docs/detectors.md#evidence-that-is-no-score).
    let isFall: Bool
    /// Whether the query has another class.
    let isCrossing: Bool
    /// The earlier image's probability of its own class.
    let before: Double
    /// The query's probability of that class.
    let now: Double

    /// Whether the class fell by more than logs with six decimals can tell.
    var isClear: Bool { before - now > Self.resolution }

    /// The odds of that class, before over now: above 1 where they fell.
    var oddsRatio: Double { Self.odds(before) / Self.odds(now) }

    private static func odds(_ probability: Double) -> Double {
        let held = max(resolution, min(1 - resolution, probability))
        return held / (1 - held)
    }
}
