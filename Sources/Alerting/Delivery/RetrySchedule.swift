/// When a message that was not delivered is tried again (docs/webhooks.md#answer: the waits of Standard Webhooks).
package struct RetrySchedule: Hashable, Sendable {
    /// The waits before the second, third, … attempt.
    package var waits: [Duration]
    /// How far a wait may be off, as a share of it, so that receivers are not hit by all messages at once.
    package var jitter: Double
    /// An endpoint that has failed for so long is disabled.
    package var disableAfter: Duration

    package init(
        waits: [Duration] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) },
        jitter: Double = 0.2,
        disableAfter: Duration = .seconds(5 * 86_400)
    ) {
        self.waits = waits
        self.jitter = jitter
        self.disableAfter = disableAfter
    }

    /// How long to wait after an attempt; nil when it was the last.
    ///
    /// - Parameters:
    ///   - attempt: the number of the attempt that failed, from 1 on.
    ///   - chance: where in the jitter's range, -1 … 1.
    /// - Returns: the wait.
    package func wait(after attempt: Int, chance: Double) -> Duration? {
        guard attempt >= 1, attempt <= waits.count else { return nil }
        return waits[attempt - 1] * (1 + jitter * min(1, max(-1, chance)))
    }
}
