internal import Domain

/// Which images of a model, over all shapes and in order of arrival, a next query is compared with.
///
/// Its start only moves forward: past what the limits of count, bytes and age no longer hold.
struct HistoryWindow {
    private struct Item {
        let sequence: Int64
        let time: Timestamp
        let bytes: Int
        let history: ImageHistory
        let position: Int
    }

    private let limits: HistoryLimits
    /// Items before `start` have left the window.
    private var items: [Item] = []
    private var start = 0
    /// The newest event time that was seen, from which age is measured.
    private(set) var newest: Timestamp?
    private(set) var bytes = 0

    init(limits: HistoryLimits) { self.limits = limits }

    var count: Int { items.count - start }

    var oldestSequence: Int64? { start < items.count ? items[start].sequence : nil }

    /// Lets event time come to `time`, and returns the first position of `history` that a query at `time` sees.
    mutating func open(at time: Timestamp, for history: ImageHistory) -> Int {
        newest = max(newest ?? time, time)
        trim()
        return history.windowStart
    }

    /// Lets event time have come to `time` already, as it had before a restart.
    mutating func restore(newest time: Timestamp) { newest = max(newest ?? time, time) }

    /// Adds an input that was appended to `history` at `position`, and takes `bytes` there.
    mutating func append(_ input: SimilarityInput, position: Int, in history: ImageHistory, bytes size: Int) {
        items.append(
            Item(
                sequence: input.sequence,
                time: input.time,
                bytes: size,
                history: history,
                position: position
            )
        )
        bytes += size
        trim()
    }

    /// Forgets the items that have left.
    mutating func evict() {
        guard start > 1024, start > items.count / 2 else { return }
        items.removeFirst(start)
        start = 0
    }

    private mutating func trim() {
        guard let newest else { return }
        let oldest = newest - limits.age
        while start < items.count,
            count > limits.entries || bytes > limits.bytes || items[start].time < oldest
        {
            let item = items[start]
            item.history.advanceWindow(to: item.position + 1)
            bytes -= item.bytes
            start += 1
        }
    }
}
