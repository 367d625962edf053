/// The profiles of a history's inputs, by position, in chunks that are freed as a whole; the first one grows as it is used.
///
/// Unchecked: only the task that prepares searches changes it; meanwhile others write profiles of their own positions,
/// and searches only read.
final class ProfileStore: @unchecked Sendable {
    private let stride: Int
    private let capacity: Int
    private var chunks: [UnsafeMutableRawPointer] = []
    private var firstChunk = 0
    /// Profiles that there is room for in the newest chunk.
    private var room = 0
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

    var allocatedBytes: Int { chunks.isEmpty ? 0 : ((chunks.count - 1) * capacity + room) * stride }

    /// The place of the profile at `position`, which must be below `end` and not evicted.
    subscript(position: Int) -> UnsafeMutableRawPointer {
        chunks[position / capacity - firstChunk] + position % capacity * stride
    }

    /// Makes places for all positions below `end`; those that there were may lie elsewhere afterwards.
    func extend(to end: Int) {
        if let chunk = chunks.last, room < capacity {
            let wanted = min(capacity, end - (firstChunk + chunks.count - 1) * capacity)
            if wanted > room {
                let larger = min(capacity, max(wanted, 2 * room))
                let memory = allocate(larger)
                memory.copyMemory(from: chunk, byteCount: room * stride)
                chunk.deallocate()
                chunks[chunks.count - 1] = memory
                room = larger
            }
        }
        while (firstChunk + chunks.count) * capacity < end {
            let number = firstChunk + chunks.count
            room = number == 0 ? min(capacity, end) : capacity
            chunks.append(allocate(room))
        }
        self.end = max(self.end, end)
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: max(1, count * stride), alignment: 64)
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

extension ProfileStore {
    /// Inputs whose profiles are derived by one piece.
    private static let group = 8

    /// A store of what `measure` derives, in chunks of about 1 MiB.
    convenience init(of measure: some DistanceMeasure) {
        let size = max(1, measure.profileBytes)
        self.init(stride: measure.profileBytes, capacity: min(1024, max(1, (1 << 20) / size)))
    }

    /// Derives the profiles of what has come into `history`, and frees those of what has left; `forEach` runs pieces in
    /// parallel.
    func follow(
        _ history: ImageHistory,
        by measure: some DistanceMeasure,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        evict(before: history.heldStart)
        let work = ProfileWork(end..<history.end, history: history, profiles: self)
        let count = (work.positions.count + Self.group - 1) / Self.group
        await forEach(count) { piece in
            let first = piece * Self.group
            for index in first..<min(first + Self.group, work.positions.count) {
                work.derive(index, by: measure)
            }
        }
    }
}

/// Profiles to derive.
///
/// Unchecked: contents are only read, and every profile is written by one piece.
private final class ProfileWork: @unchecked Sendable {
    let positions: Range<Int>
    private let contents: [UnsafePointer<UInt8>]
    private let profiles: [UnsafeMutableRawPointer]

    init(_ positions: Range<Int>, history: ImageHistory, profiles: ProfileStore) {
        profiles.extend(to: positions.upperBound)
        self.positions = positions
        contents = positions.map { history.pixels(at: $0) }
        self.profiles = positions.map { profiles[$0] }
    }

    func derive(_ index: Int, by measure: some DistanceMeasure) {
        measure.writeProfile(of: contents[index], to: profiles[index])
    }
}
