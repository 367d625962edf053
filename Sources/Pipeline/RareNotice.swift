import Runtime

/// Counts what happens often, and says when to tell of it: once a minute at most.
package final class RareNotice: Sendable {
    private static let interval = Duration.seconds(60)

    private let state = Locked<(counts: [String: Int], told: ContinuousClock.Instant?)>(([:], nil))

    /// Nothing was counted.
    package init() {}

    /// Counts.
    ///
    /// - Parameters:
    ///   - counts: what happened, by kind; nothing where nothing did.
    ///   - now: the clock that notices are rare by.
    /// - Returns: all counts since the last notice; nil where it is less than a minute ago, or nothing happened.
    package func add(_ counts: [String: Int], at now: ContinuousClock.Instant) -> [String: Int]? {
        guard counts.values.contains(where: { $0 > 0 }) else { return nil }
        return state.withLock { state in
            state.counts.merge(counts, uniquingKeysWith: +)
            if let told = state.told, now - told < Self.interval { return nil }
            defer { state = ([:], now) }
            return state.counts
        }
    }
}
