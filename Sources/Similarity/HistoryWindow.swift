internal import Domain

/// Which images of a model, over all shapes and in order of arrival, a next query is compared with.
///
/// Its start only moves forward: past what the limits of count, bytes and age no longer hold.
struct HistoryWindow {
    /// An image; it is the oldest of those of its history.
    private struct Item {
        let time: Timestamp
        let history: ImageHistory
    }

    /// Items lie in blocks of so many, so that they never move when their number grows.
    private static let block = 1024

    private let limits: HistoryLimits
    /// Items before `start` have left the window.
    private var blocks: [[Item]] = []
    private var start = 0
    private(set) var count = 0
    /// The newest event time that was seen, from which age is measured.
    private(set) var newest: Timestamp?
    private(set) var bytes = 0

    init(limits: HistoryLimits) { self.limits = limits }

    var oldestSequence: Int64? { oldest.map { $0.history.oldestSequence } }

    /// Bytes held.
    var allocatedBytes: Int { blocks.count * Self.block * MemoryLayout<Item>.stride }

    private var oldest: Item? { count == 0 ? nil : blocks[start / Self.block][start % Self.block] }

    /// Lets event time come to `time`, and returns the first position of `history` that a query at `time` sees.
    mutating func open(at time: Timestamp, for history: ImageHistory) -> Int {
        newest = max(newest ?? time, time)
        trim()
        return history.windowStart
    }

    /// Lets event time have come to `time` already, as it had before a restart.
    mutating func restore(newest time: Timestamp) { newest = max(newest ?? time, time) }

    /// Adds an input that was appended to `history`.
    mutating func append(_ input: SimilarityInput, in history: ImageHistory) {
        if blocks.last.map({ $0.count == Self.block }) ?? true {
            var block: [Item] = []
            block.reserveCapacity(Self.block)
            blocks.append(block)
        }
        blocks[blocks.count - 1].append(Item(time: input.time, history: history))
        count += 1
        bytes += history.bytesPerInput
        trim()
    }

    /// Forgets the items that have left.
    mutating func evict() {
        let gone = min(start / Self.block, blocks.count)
        blocks.removeFirst(gone)
        start -= gone * Self.block
    }

    private mutating func trim() {
        guard let newest else { return }
        let oldestTime = newest - limits.age
        while let item = oldest, count > limits.entries || bytes > limits.bytes || item.time < oldestTime {
            item.history.advanceWindow()
            bytes -= item.history.bytesPerInput
            start += 1
            count -= 1
        }
    }
}
