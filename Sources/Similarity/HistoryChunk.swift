internal import CSimilarity
internal import Domain

/// A fixed number of neighbouring places of an ``ImageHistory``, by column.
final class HistoryChunk {
    /// Bytes of an image's columns, without its pixels and the bytes of its record's name.
    static let columnBytes = 8 + 8 + 8 + 4 + 4 + 4 + 4 + 4 + 4

    let pixels: PixelBuffer
    private(set) var hashes: [UInt64] = []
    private(set) var sequences: [Int64] = []
    private(set) var probabilities: [Double] = []
    /// The class by index; -1 where there is none.
    private(set) var classes: [Int32] = []
    /// Numbers of names that the history knows.
    private(set) var users: [UInt32] = []
    private(set) var labels: [UInt32] = []
    /// How many places before it an image's leader is; 0 for a leader.
    var leaders: [UInt32] = []
    /// The root of the distance to the leader.
    var radii: [Float] = []
    /// Where the names of records end in `names`.
    private var nameEnds: [UInt32] = []
    private var names: [UInt8] = []

    init(stride: Int, capacity: Int) {
        pixels = PixelBuffer(stride: stride, capacity: capacity)
        hashes.reserveCapacity(capacity)
        sequences.reserveCapacity(capacity)
        probabilities.reserveCapacity(capacity)
        classes.reserveCapacity(capacity)
        users.reserveCapacity(capacity)
        labels.reserveCapacity(capacity)
        leaders.reserveCapacity(capacity)
        radii.reserveCapacity(capacity)
        nameEnds.reserveCapacity(capacity)
    }

    var count: Int { hashes.count }

    /// Bytes that the names of records take.
    var nameBytes: Int { names.capacity }

    func append(_ input: SimilarityInput, user: UInt32, label: UInt32) {
        pixels.set(count, to: input.image.pixels)
        hashes.append(contentHash(input.image.pixels))
        sequences.append(input.sequence)
        probabilities.append(input.prediction.probability)
        classes.append(input.prediction.labelIndex.map { Int32(truncatingIfNeeded: $0) } ?? -1)
        users.append(user)
        labels.append(label)
        leaders.append(0)
        radii.append(0)
        // In small steps: an array that doubles would waste a third.
        let length = input.record.name.utf8.count
        if names.count + length > names.capacity { names.reserveCapacity(names.count + 16 * length) }
        names.append(contentsOf: input.record.name.utf8)
        nameEnds.append(UInt32(names.count))
    }

    /// The record of the image at `place`.
    func record(_ place: Int) -> RecordID {
        let start = place == 0 ? 0 : Int(nameEnds[place - 1])
        return RecordID(String(decoding: names[start..<Int(nameEnds[place])], as: UTF8.self))
    }
}

/// A hash of some bytes, the same in every run.
func contentHash(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return similarity_hash(base, buffer.count)
    }
}
