import Domain
import Runtime

/// Tells of records that have the id of another one, once in a while.
final class ReusedIDs: Sendable {
    /// What was not told yet, and one of these records.
    struct Notice: Equatable {
        let count: Int
        let model: ModelID
        let record: RecordID
    }

    /// Between two notices.
    private static let interval = Duration.seconds(60)

    private let state = Locked<(count: Int, told: ContinuousClock.Instant?)>((0, nil))

    /// Counts a batch.
    ///
    /// - Parameters:
    ///   - batch: as it was committed.
    ///   - now: the clock that notices are rare by.
    /// - Returns: what to tell now; nil where there is nothing, or the last notice is less than a minute ago.
    func add(_ batch: ScoredBatch, at now: ContinuousClock.Instant) -> Notice? {
        guard let last = batch.reusedIDs.last else { return nil }
        return state.withLock { state in
            state.count += batch.reusedIDs.count
            if let told = state.told, now - told < Self.interval { return nil }
            defer { state = (0, now) }
            return Notice(count: state.count, model: last.model, record: last.record)
        }
    }
}
