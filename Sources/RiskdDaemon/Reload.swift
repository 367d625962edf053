import Runtime

/// Lets a running pipeline stop between two batches and go on with other detectors.
final class Reload: Sendable {
    private struct State {
        var pause = StopFlag()
        var plans: DetectorPlans?
        var isStopped = false
    }

    private let state = Locked(State())

    /// Begins a round of the pipeline.
    ///
    /// - Returns: raised when the round is to end: for other detectors, or for good.
    func begin() -> StopFlag {
        state.withLock { state in
            state.pause = StopFlag()
            if state.isStopped || state.plans != nil { state.pause.raise() }
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

    /// Ends the round, and every further one.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.pause
        }.raise()
    }

    /// The detectors of the next round; nil when the last round was the last.
    func next() -> DetectorPlans? {
        state.withLock { state in
            defer { state.plans = nil }
            return state.isStopped ? nil : state.plans
        }
    }
}
