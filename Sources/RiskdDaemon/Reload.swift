import Pipeline
import Runtime
import Storage

/// Lets a running pipeline stop between two batches and go on with other detectors, or with what is stored by then.
final class Reload: Sendable {
    private struct State {
        var pause = StopFlag()
        var plans: DetectorPlans?
        var isStale = false
        var isStopped = false
        var active: [String] = []
    }

    private let state = Locked(State())

    /// Begins a round of the pipeline.
    ///
    /// - Returns: raised when the round is to end: for other detectors, or for good.
    func begin() -> StopFlag {
        state.withLock { state in
            state.pause = StopFlag()
            if state.isStopped || state.isStale || state.plans != nil { state.pause.raise() }
            return state.pause
        }
    }

    /// Asks for other detectors.
    func request(_ plans: DetectorPlans) {
        state.withLock { state in
            state.plans = plans
            return state.pause
        }.raise()
    }

    /// Asks for a new round from what is stored, with the same detectors.
    func request() {
        state.withLock { state in
            state.isStale = true
            return state.pause
        }.raise()
    }

    /// Notes which calibrations a round begins with.
    func begin(with store: Store) async throws {
        let active = try await Self.active(in: store)
        state.withLock { $0.active = active }
    }

    /// Whether other calibrations are active than when the round began.
    func isActivated(by store: Store, _ log: Log) async -> Bool {
        do {
            let active = try await Self.active(in: store)
            return state.withLock { $0.active != active }
        } catch {
            log.write(.warning, "SIGHUP: the active calibrations cannot be read", ["reason": "\(error)"])
            return false
        }
    }

    private static func active(in store: Store) async throws -> [String] {
        let active = try await store.activeCalibrations()
        let pooled = active.pooled.map { "\($0.key) \($0.value)" }
        let strata = active.strata.flatMap { model, ids in ids.map { "\(model) \($0.key) \($0.value)" } }
        return pooled.sorted() + strata.sorted()
    }

    /// Ends the round, and every further one.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.pause
        }.raise()
    }

    /// Says with what the pipeline goes on.
    ///
    /// - Parameter plans: the detectors of the last round.
    /// - Returns: those of the next; nil when the last round was the last.
    func next(after plans: DetectorPlans) -> DetectorPlans? {
        state.withLock { state in
            defer { (state.plans, state.isStale) = (nil, false) }
            if state.isStopped { return nil }
            return state.plans ?? (state.isStale ? plans : nil)
        }
    }
}
