package import Domain
import Runtime

/// Tells of records that have the id of another one, once in a while.
package final class ReusedIDs: Sendable {
    /// What was not told yet, and one of these records.
    package struct Notice: Equatable {
        package let count: Int
        package let model: ModelID
        package let record: RecordID
    }

    /// Between two notices.
    private static let interval = Duration.seconds(60)

    private let state = Locked<(count: Int, told: ContinuousClock.Instant?)>((0, nil))

    /// No record was met.
    package init() {}

    /// Counts a batch.
    ///
    /// - Parameters:
    ///   - batch: as it was committed.
    ///   - now: the clock that notices are rare by.
    /// - Returns: what to tell now; nil where there is nothing, or the last notice is less than a minute ago.
    package func add(_ batch: ScoredBatch, at now: ContinuousClock.Instant) -> Notice? {
        guard let last = batch.reusedIDs.last else { return nil }
        return state.withLock { state in
            state.count += batch.reusedIDs.count
            if let told = state.told, now - told < Self.interval { return nil }
            defer { state = (0, now) }
            return Notice(count: state.count, model: last.model, record: last.record)
        }
    }
}
