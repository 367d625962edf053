/// The profiles of a history's inputs, by position, in chunks that are freed as a whole.
///
/// Unchecked: only the task that prepares searches changes it; meanwhile others write profiles of their own positions,
/// and searches only read.
final class ProfileStore: @unchecked Sendable {
    private let stride: Int
    private let capacity: Int
    private var chunks: [UnsafeMutableRawPointer] = []
    private var firstChunk = 0
    /// The position after the last that has a place.
    private(set) var end = 0

    /// - Parameters:
    ///   - stride: bytes of a profile.
    ///   - capacity: profiles of a chunk.
    init(stride: Int, capacity: Int) {
        self.stride = (stride + 7) / 8 * 8
        self.capacity = capacity
    }

    deinit { chunks.forEach { $0.deallocate() } }

    var allocatedBytes: Int { chunks.count * capacity * stride }

    /// The place of the profile at `position`, which must be below `end` and not evicted.
    subscript(position: Int) -> UnsafeMutableRawPointer {
        chunks[position / capacity - firstChunk] + position % capacity * stride
    }

    /// Makes places for all positions below `end`.
    func extend(to end: Int) {
        while (firstChunk + chunks.count) * capacity < end {
            chunks.append(.allocate(byteCount: max(1, capacity * stride), alignment: 64))
        }
        self.end = max(self.end, end)
    }

    /// Frees the chunks that lie wholly before `position`.
    func evict(before position: Int) {
        end = max(end, position)
        while firstChunk < position / capacity {
            if !chunks.isEmpty { chunks.removeFirst().deallocate() }
            firstChunk += 1
        }
    }
}
