@preconcurrency import Dispatch

/// Runs an actor's jobs on a serial queue of its own, so that a blocking C call never holds a cooperative thread.
package final class DispatchQueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// An executor over a new serial queue.
    ///
    /// - Parameter label: the queue's name, as debuggers show it.
    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
