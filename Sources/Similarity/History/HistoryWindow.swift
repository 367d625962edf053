internal import Domain

/// Which images of a model, over all shapes and in order of arrival, a next query is compared with.
///
/// Its start only moves forward: past what the limits of count, bytes and age no longer hold.
struct HistoryWindow {
    /// Neighbouring images, by column; the oldest is the oldest of its history, too.
    private struct Block {
        static let capacity = 1024
        static let bytesPerImage = 8

        let firstTime: Timestamp
        /// Milliseconds after the block's first image.
        var times: [Int32] = []
        /// Numbers of histories.
        var histories: [UInt32] = []

        /// A block without images.
        ///
        /// - Parameters:
        ///   - time: of its first image.
        ///   - isFirst: whether there may come few.
        init(at time: Timestamp, isFirst: Bool) {
            firstTime = time
            guard !isFirst else { return }
            times.reserveCapacity(Self.capacity)
            histories.reserveCapacity(Self.capacity)
        }

        /// Nil where a block of its own has to begin.
        func offset(of time: Timestamp) -> Int32? {
            times.count < Self.capacity
                ? Int32(exactly: time.milliseconds - firstTime.milliseconds) : nil
        }
    }

    private let limits: HistoryLimits
    /// Images before place `start` of block `first` have left the window.
    private var blocks: [Block] = []
    private var first = 0
    private var start = 0
    private var histories = HistoryNumbers()
    private(set) var count = 0
    /// The newest event time that was seen, from which age is measured.
    private(set) var newest: Timestamp?
    private(set) var bytes = 0

    init(limits: HistoryLimits) { self.limits = limits }

    var oldestSequence: Int64? { count == 0 ? nil : oldest.history.oldestSequence }

    /// Bytes held.
    var allocatedBytes: Int { blocks.reduce(0) { $0 + $1.times.capacity } * Block.bytesPerImage }

    /// The oldest image of the window, which is not empty.
    private var oldest: (time: Timestamp, history: ImageHistory) {
        let block = blocks[first]
        return (
            block.firstTime + .milliseconds(Int64(block.times[start])),
            histories[block.histories[start]]
        )
    }

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
        let number = histories.add(history)
        if let offset = blocks.last?.offset(of: input.time) {
            blocks[blocks.count - 1].times.append(offset)
        } else {
            blocks.append(Block(at: input.time, isFirst: blocks.isEmpty))
            blocks[blocks.count - 1].times.append(0)
        }
        blocks[blocks.count - 1].histories.append(number)
        skipEmptyBlock()
        count += 1
        bytes += history.bytesPerInput
        trim()
    }

    /// Forgets the images that have left.
    mutating func evict() {
        blocks.removeFirst(first)
        first = 0
    }

    /// Lets the oldest images leave until `isEnough` holds of how many there are, and of their bytes.
    mutating func shrink(until isEnough: (_ count: Int, _ bytes: Int) -> Bool) {
        while count > 0, !isEnough(count, bytes) { removeOldest() }
    }

    private mutating func trim() {
        guard let newest else { return }
        let oldestTime = newest - limits.age
        while count > 0, count > limits.entries || bytes > limits.bytes || oldest.time < oldestTime {
            removeOldest()
        }
    }

    private mutating func removeOldest() {
        let history = oldest.history
        history.advanceWindow()
        histories.remove(blocks[first].histories[start])
        bytes -= history.bytesPerInput
        count -= 1
        start += 1
        skipEmptyBlock()
    }

    /// Goes on to the next block where all of one have left.
    private mutating func skipEmptyBlock() {
        guard first + 1 < blocks.count, start == blocks[first].times.count else { return }
        first += 1
        start = 0
    }
}

/// Histories as small numbers, and how many images of the window each has.
private struct HistoryNumbers {
    private var numbers: [ObjectIdentifier: UInt32] = [:]
    private var histories: [(history: ImageHistory?, count: Int)] = []
    private var free: [UInt32] = []

    subscript(number: UInt32) -> ImageHistory {
        guard let history = histories[Int(number)].history else {
            preconditionFailure("a history without images")
        }
        return history
    }

    /// Counts an image more, and returns the number of its history.
    mutating func add(_ history: ImageHistory) -> UInt32 {
        if let number = numbers[ObjectIdentifier(history)] {
            histories[Int(number)].count += 1
            return number
        }
        let number = free.popLast() ?? UInt32(histories.count)
        if Int(number) == histories.count { histories.append((nil, 0)) }
        histories[Int(number)] = (history, 1)
        numbers[ObjectIdentifier(history)] = number
        return number
    }

    /// Counts an image less.
    mutating func remove(_ number: UInt32) {
        histories[Int(number)].count -= 1
        guard histories[Int(number)].count == 0, let history = histories[Int(number)].history else { return }
        numbers[ObjectIdentifier(history)] = nil
        histories[Int(number)].history = nil
        free.append(number)
    }
}
