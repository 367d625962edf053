internal import CSimilarity
internal import Domain

#if canImport(Glibc)
    internal import Glibc
#endif

/// A fixed number of neighbouring places of an ``ImageHistory``, by column; memory grows as they are used.
final class HistoryChunk {
    /// Bytes of an image's columns, without its pixels and the bytes of its record's name.
    static let columnBytes = 8 + 4 + 8 + 4 + 4 + 4 + 4 + 4

    private(set) var pixels: PixelBuffer
    /// What values lie above pixels, in 256ths of a grey level, signed; nil while all are whole grey levels.
    private var fractions: PixelBuffer?
    /// Digests of values as they were sent, `unknown` where they were bytes; empty while all were.
    private var sent: [Digest128] = []
    /// Of contents as they were sent.
    private(set) var hashes: [UInt64] = []
    /// Sequence numbers, beside the chunk's first one; the largest stands for one of `distantSequences`.
    private var sequences: [UInt32] = []
    private var firstSequence: Int64 = 0
    private var distantSequences: [Int: Int64] = [:]
    private(set) var probabilities: [Double] = []
    /// Numbers of names that the history knows.
    private(set) var users: [UInt32] = []
    private(set) var labels: [UInt32] = []
    /// How many places before it an image's leader is; 0 for a leader.
    var leaders: [UInt32] = []
    /// The root of the distance to the leader.
    var radii: [Float] = []
    /// Where the names of records end in `names`; the highest bit says that it is a UUID's 16 bytes.
    private var nameEnds: [UInt32] = []
    private var names: [UInt8] = []
    /// The most images.
    private let capacity: Int
    /// Images that there is room for.
    private(set) var room = 0

    /// An empty chunk.
    ///
    /// - Parameters:
    ///   - stride: bytes of an image.
    ///   - capacity: the most images.
    ///   - room: images to make room for at once, as where a chunk before this one has been filled.
    init(stride: Int, capacity: Int, room: Int) {
        self.capacity = capacity
        pixels = PixelBuffer(stride: stride, capacity: min(room, capacity))
        enlarge(to: min(room, capacity))
    }

    /// Of most models and shapes only a few images come, and callers choose how many of them there are.
    private func enlarge(to room: Int) {
        self.room = room
        if pixels.capacity < room { pixels = pixels.enlarged(to: room) }
        if let buffer = fractions, buffer.capacity < room { fractions = buffer.enlarged(to: room) }
        hashes.reserveCapacity(room)
        sequences.reserveCapacity(room)
        probabilities.reserveCapacity(room)
        users.reserveCapacity(room)
        labels.reserveCapacity(room)
        leaders.reserveCapacity(room)
        radii.reserveCapacity(room)
        nameEnds.reserveCapacity(room)
        if !sent.isEmpty { sent.reserveCapacity(room) }
    }

    var count: Int { hashes.count }

    /// Bytes that the names of records take, and what values are between grey levels.
    var bytesBeside: Int {
        names.capacity + (fractions.map { $0.capacity * pixels.stride } ?? 0)
            + sent.capacity * MemoryLayout<Digest128>.stride
    }

    func append(_ input: SimilarityInput, user: UInt32, label: UInt32) {
        if count == room { enlarge(to: min(capacity, 2 * room)) }
        pixels.set(count, to: input.image.pixels)
        append(input.image.fractions, input.image.sent)
        let salt = (input.image.sent?.high ?? 0) &* 0x9E37_79B9_7F4A_7C15
        hashes.append(contentHash(input.image.pixels) ^ salt)
        if sequences.isEmpty { firstSequence = input.sequence }
        let offset = UInt32(clamping: input.sequence - firstSequence)
        if offset == .max { distantSequences[sequences.count] = input.sequence }
        sequences.append(offset)
        probabilities.append(input.prediction.probability)
        users.append(user)
        labels.append(label)
        leaders.append(0)
        radii.append(0)
        let (bytes, flag) = packedName(input.record.name)
        // In small steps: an array that doubles would waste a third.
        if names.count + bytes.count > names.capacity {
            names.reserveCapacity(names.count + 16 * bytes.count)
        }
        names.append(contentsOf: bytes)
        nameEnds.append(UInt32(names.count) | flag)
    }

    private func append(_ values: [Int8]?, _ digest: Digest128?) {
        if let values {
            let buffer = fractions ?? PixelBuffer(stride: pixels.stride, capacity: room)
            buffer.set(count, to: values.map { UInt8(bitPattern: $0) })
            fractions = buffer
        }
        guard digest != nil || !sent.isEmpty else { return }
        if sent.isEmpty {
            sent.reserveCapacity(room)
            sent.append(contentsOf: repeatElement(.unknown, count: count))
        }
        sent.append(digest ?? .unknown)
    }

    /// The content at `place`, as it was sent.
    func content(_ place: Int) -> StepContent {
        StepContent(
            pixels: pixels[place],
            fractions: fractions.map { UnsafeRawPointer($0[place]).assumingMemoryBound(to: Int8.self) }
        )
    }

    /// The digest of the values at `place` as they were sent; `unknown` where they were bytes.
    func sentDigest(_ place: Int) -> Digest128 { sent.isEmpty ? .unknown : sent[place] }

    /// Whether the content at `place` is what was sent at another one, to the last bit.
    func holdsSame(_ place: Int, as other: HistoryChunk, _ otherPlace: Int) -> Bool {
        hashes[place] == other.hashes[otherPlace] && sentDigest(place) == other.sentDigest(otherPlace)
            && memcmp(pixels[place], other.pixels[otherPlace], pixels.stride) == 0
    }

    /// The sequence number of the image at `place`.
    func sequence(_ place: Int) -> Int64 {
        let offset = sequences[place]
        return offset == .max ? distantSequences[place] ?? 0 : firstSequence + Int64(offset)
    }

    /// The record of the image at `place`.
    func record(_ place: Int) -> RecordID {
        let start = place == 0 ? 0 : Int(nameEnds[place - 1] & ~uuidFlag)
        let bytes = names[start..<Int(nameEnds[place] & ~uuidFlag)]
        guard nameEnds[place] & uuidFlag != 0 else { return RecordID(String(decoding: bytes, as: UTF8.self)) }
        return RecordID(uuid(bytes))
    }
}

private let uuidFlag: UInt32 = 1 << 31
private let hexadecimal = Array("0123456789abcdef".utf8)
/// Places of the hyphens in a UUID's text.
private let hyphens = [8, 13, 18, 23]

/// A name as its bytes, or as 16 where it is the text of a UUID in lower case, as many records' names are.
private func packedName(_ name: String) -> (bytes: [UInt8], flag: UInt32) {
    let text = Array(name.utf8)
    guard text.count == 36, hyphens.allSatisfy({ text[$0] == UInt8(ascii: "-") }) else { return (text, 0) }
    var (bytes, high): ([UInt8], UInt8?) = ([], nil)
    bytes.reserveCapacity(16)
    for (place, character) in text.enumerated() where !hyphens.contains(place) {
        let digit: UInt8
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
        default: return (text, 0)
        }
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return (bytes, uuidFlag)
}

private func uuid(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for byte in bytes {
        if hyphens.contains(text.count) { text.append(UInt8(ascii: "-")) }
        text.append(hexadecimal[Int(byte >> 4)])
        text.append(hexadecimal[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// A hash of some bytes, the same in every run.
func contentHash(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return similarity_hash(base, buffer.count)
    }
}
