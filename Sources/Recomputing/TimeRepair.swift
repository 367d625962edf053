package import Domain
import Pipeline
import Scoring
package import Storage

/// Takes back what a wrong clock did: ticks in the future that were closed although nothing had happened in them.
///
/// While they are closed every record is late and counts in the first tick after them. Where something is stored of such a
/// tick, a query or a level that fell, it cannot be taken back: what people were told stays. Then records go on
/// being counted, one tick after the other, until the clock is there.
package struct TimeRepair: Sendable {
    /// What was found.
    package enum Outcome: Hashable, Sendable {
        /// Nothing is closed that is later than the clock.
        case notNeeded
        /// Ticks are open again.
        case reopened(from: Timestamp, to: Timestamp)
        /// Something is stored of the last closed tick.
        case kept(Timestamp)
    }

    /// What is closed further ahead of the clock than this is taken back.
    private static let tolerance = Duration.seconds(60)

    private let store: Store

    /// Repairs what `store` holds, of which this process is the owner.
    package init(_ store: Store) { self.store = store }

    /// Looks, and repairs.
    ///
    /// - Parameter now: the wall clock.
    /// - Returns: what was done.
    /// - Throws: `StorageError`, `ScoringError` or `StartupError`.
    package func run(at now: Timestamp) async throws -> Outcome {
        let state = try await store.loadState()
        guard let length = state.tickMilliseconds, let last = state.lastClosedTick,
            let watermark = state.watermark, watermark > now + Self.tolerance
        else { return .notNeeded }
        let present = Tick(now.milliseconds.floorDivided(by: length) - 1)
        let target = max(present, try await store.lastTickWithFacts() ?? present)
        guard target < last else { return .kept(watermark) }
        let (report, base) = try await Recomputation(store).base(at: target)
        guard report.isIdentical, base.map({ $0.nextSampleID == state.nextSampleID }) ?? true else {
            throw StartupError(
                "samples do not come out as they are stored, so nothing is changed; riskd recompute --all says which"
            )
        }
        try await store.reopen(after: target, tracks: base?.tracks ?? [], from: state)
        return .reopened(from: watermark, to: Timestamp(milliseconds: (target.index + 1) * length))
    }
}
