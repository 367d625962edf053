import Domain

/// The images that a ``CampaignLinker`` remembers, oldest first, by column: 24 bytes each.
///
/// Rows lie in blocks, so that they never move when their number grows, and numbers in them are small: beside a block's first
/// ones. A row that is too far from these begins a block of its own.
struct LinkedImages {
    /// An image as it was put in.
    struct Row: Hashable {
        /// The place of its observation in the global order.
        let sequence: Int64
        /// The first record that sent the image.
        let first: Int64
        /// When it was served.
        let time: Timestamp
        /// The class.
        let label: String
        /// Its place among the probabilities, if it has one.
        let classIndex: Int?
        /// What the model gave it.
        let probability: Double
    }

    private struct Class: Hashable {
        let label: String
        let index: Int?

        // Labels are compared by their bytes: no two spellings are the same.
        static func == (left: Self, right: Self) -> Bool {
            left.index == right.index && left.label.hasSameBytes(as: right.label)
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(label)
            hasher.combine(index)
        }
    }

    private struct Block {
        static let capacity = 1024

        let sequence: Int64
        let time: Int64
        var sequences: [UInt32] = []
        /// How far before its sequence an image's first one is.
        var firsts: [UInt32] = []
        /// Milliseconds.
        var times: [Int32] = []
        var classes: [UInt32] = []
        var probabilities: [Double] = []

        /// A block for a row.
        ///
        /// - Parameters:
        ///   - row: its first one, not put in.
        ///   - isFirst: whether there may come few.
        init(_ row: Row, isFirst: Bool) {
            sequence = row.sequence
            time = row.time.milliseconds
            guard !isFirst else { return }
            sequences.reserveCapacity(Self.capacity)
            firsts.reserveCapacity(Self.capacity)
            times.reserveCapacity(Self.capacity)
            classes.reserveCapacity(Self.capacity)
            probabilities.reserveCapacity(Self.capacity)
        }

        var bytes: Int {
            4 * (sequences.capacity + firsts.capacity + times.capacity + classes.capacity)
                + 8 * probabilities.capacity + MemoryLayout<Self>.stride
        }
    }

    private var blocks: [Block] = []
    /// Rows of the first block that are forgotten.
    private var start = 0
    private(set) var count = 0
    /// First records that are too far before a repeat for its column.
    private var distantFirsts: [Int64: Int64] = [:]
    private var numbers: [Class: UInt32] = [:]
    private var classes: [Class?] = []
    private var freeClasses: [UInt32] = []

    /// Bytes held.
    var allocatedBytes: Int { blocks.reduce(0) { $0 + $1.bytes } }

    /// Adds an image, whose sequence is larger than all before.
    mutating func append(_ row: Row) {
        let isFull = blocks.last.map { last in
            last.sequences.count == Block.capacity || UInt32(exactly: row.sequence - last.sequence) == nil
                || Int32(exactly: row.time.milliseconds - last.time) == nil
        }
        if isFull ?? true { blocks.append(Block(row, isFirst: blocks.isEmpty)) }
        let last = blocks.count - 1
        let (sequence, time) = (blocks[last].sequence, blocks[last].time)
        blocks[last].sequences.append(UInt32(truncatingIfNeeded: row.sequence - sequence))
        blocks[last].times.append(Int32(truncatingIfNeeded: row.time.milliseconds - time))
        let back = row.sequence - row.first
        if back >= Int64(UInt32.max) { distantFirsts[row.sequence] = row.first }
        blocks[last].firsts.append(UInt32(clamping: back))
        blocks[last].classes.append(number(of: Class(label: row.label, index: row.classIndex)))
        blocks[last].probabilities.append(row.probability)
        count += 1
    }

    private mutating func number(of name: Class) -> UInt32 {
        if let number = numbers[name] { return number }
        let number = freeClasses.popLast() ?? UInt32(classes.count)
        if Int(number) == classes.count { classes.append(nil) }
        classes[Int(number)] = name
        numbers[name] = number
        return number
    }

    /// The image of a record; nil where it is not remembered.
    func row(_ sequence: Int64) -> Row? {
        let index = partition(blocks.count) { blocks[$0].sequence <= sequence } - 1
        guard index >= 0 else { return nil }
        let block = blocks[index]
        guard let offset = UInt32(exactly: sequence - block.sequence) else { return nil }
        let place = partition(block.sequences.count) { block.sequences[$0] < offset }
        guard place < block.sequences.count, block.sequences[place] == offset, index > 0 || place >= start,
            let name = classes[Int(block.classes[place])]
        else { return nil }
        return Row(
            sequence: sequence,
            first: first(block, place),
            time: Timestamp(milliseconds: block.time + Int64(block.times[place])),
            label: name.label,
            classIndex: name.index,
            probability: block.probabilities[place]
        )
    }

    private func first(_ block: Block, _ place: Int) -> Int64 {
        let sequence = block.sequence + Int64(block.sequences[place])
        let back = block.firsts[place]
        return back == .max ? distantFirsts[sequence] ?? sequence : sequence - Int64(back)
    }

    /// Forgets images before `sequence`.
    mutating func forget(before sequence: Int64) {
        while let block = blocks.first {
            let offset = sequence - block.sequence
            let place = partition(block.sequences.count) { Int64(block.sequences[$0]) < offset }
            count -= max(0, place - start)
            start = max(start, place)
            guard start == block.sequences.count else { break }
            blocks.removeFirst()
            start = 0
        }
    }

    /// Forgets what only images bore that are forgotten.
    ///
    /// - Returns: the first records of all that are remembered.
    mutating func sweep() -> Set<Int64> {
        var (firsts, used) = (Set<Int64>(), Set<UInt32>())
        for (index, block) in blocks.enumerated() {
            for place in (index == 0 ? start : 0)..<block.sequences.count {
                firsts.insert(first(block, place))
                used.insert(block.classes[place])
            }
        }
        for number in classes.indices {
            guard let name = classes[number], !used.contains(UInt32(number)) else { continue }
            numbers[name] = nil
            classes[number] = nil
            freeClasses.append(UInt32(number))
        }
        if let oldest = blocks.first { distantFirsts = distantFirsts.filter { $0.key >= oldest.sequence } }
        return firsts
    }
}

/// How many of the places below `count`, of which those that satisfy `isBefore` come first, satisfy it.
private func partition(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
        let middle = (low + high) / 2
        if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
}
