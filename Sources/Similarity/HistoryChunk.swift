internal import CSimilarity
internal import Domain

/// What history knows of an image beside its pixels.
struct HistoryEntry {
    let sequence: Int64
    let record: RecordID
    let user: UserID
    let label: String
    let probability: Double
    let labelIndex: Int?
}

/// A fixed number of neighbouring places of an ``ImageHistory``, by column.
final class HistoryChunk {
    let pixels: PixelBuffer
    private(set) var hashes: [UInt64] = []
    private(set) var userKeys: [UInt64] = []
    private(set) var entries: [HistoryEntry] = []

    init(stride: Int, capacity: Int) {
        pixels = PixelBuffer(stride: stride, capacity: capacity)
        hashes.reserveCapacity(capacity)
        userKeys.reserveCapacity(capacity)
        entries.reserveCapacity(capacity)
    }

    func append(_ input: SimilarityInput) {
        pixels.set(entries.count, to: input.image.pixels)
        hashes.append(contentHash(input.image.pixels))
        userKeys.append(key(of: input.user))
        let prediction = input.prediction
        entries.append(
            HistoryEntry(
                sequence: input.sequence,
                record: input.record,
                user: input.user,
                label: prediction.label,
                probability: prediction.probability,
                labelIndex: prediction.labelIndex
            )
        )
    }
}

/// A hash of some bytes, the same in every run.
func contentHash(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return similarity_hash(base, buffer.count)
    }
}

/// A hash of a user's name: different keys are different users, equal keys need a look at the names.
func key(of user: UserID) -> UInt64 { contentHash(Array(user.name.utf8)) }
