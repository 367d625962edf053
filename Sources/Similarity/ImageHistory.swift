internal import Domain

/// The earlier images of one model and shape, oldest first.
///
/// A position is the number of images appended before; it never changes, also when images are evicted from the front.
/// Columns lie in chunks, which are freed as a whole. Nothing here is synchronised: many threads may read as long as
/// nobody appends or evicts.
final class ImageHistory {
    let shape: ImageShape
    let chunkCapacity: Int
    /// The first position that a later query may need.
    private(set) var windowStart = 0
    /// The position of the next image.
    private(set) var end = 0
    /// Which images are near each other, their signatures, and what made these.
    var signatures = SignatureState()
    private var chunks: [HistoryChunk] = []
    private var firstChunk = 0

    init(shape: ImageShape) {
        self.shape = shape
        chunkCapacity = min(1024, max(1, (1 << 20) / max(1, shape.count)))
    }

    /// Bytes held for pixels and columns.
    var allocatedBytes: Int {
        let perImage = shape.count + 16 + MemoryLayout<HistoryEntry>.stride
        return chunks.count * chunkCapacity * perImage + signatures.clusters.allocatedBytes
    }

    /// The first position whose pixels are still held.
    var heldStart: Int { firstChunk * chunkCapacity }

    /// Adds the newest image.
    ///
    /// - Parameter input: of this shape.
    /// - Returns: its position.
    func append(_ input: SimilarityInput) -> Int {
        let number = end / chunkCapacity
        if number == firstChunk + chunks.count {
            chunks.append(HistoryChunk(stride: shape.count, capacity: chunkCapacity))
        }
        chunks[number - firstChunk].append(input)
        end += 1
        return end - 1
    }

    /// Says that no later query needs positions before `position`.
    func advanceWindow(to position: Int) { windowStart = position }

    /// Frees the chunks that lie wholly before the window.
    func evict() {
        let count = min(windowStart / chunkCapacity - firstChunk, chunks.count)
        guard count > 0 else { return }
        chunks.removeFirst(count)
        firstChunk += count
    }

    func pixels(at position: Int) -> UnsafePointer<UInt8> {
        chunks[position / chunkCapacity - firstChunk].pixels[position % chunkCapacity]
    }

    func entry(at position: Int) -> HistoryEntry {
        chunks[position / chunkCapacity - firstChunk].entries[position % chunkCapacity]
    }

    func hash(at position: Int) -> UInt64 {
        chunks[position / chunkCapacity - firstChunk].hashes[position % chunkCapacity]
    }

    /// The chunk that holds `position`, and its place there.
    func place(of position: Int) -> (chunk: HistoryChunk, place: Int) {
        (chunks[position / chunkCapacity - firstChunk], position % chunkCapacity)
    }

    /// Calls `body` for every chunk that holds some of `positions`: the chunk, the position of its first image, and
    /// which of its places are meant.
    func forEachChunk(
        of positions: Range<Int>,
        _ body: (HistoryChunk, Int, Range<Int>) -> Void
    ) {
        guard !positions.isEmpty else { return }
        let first = positions.lowerBound / chunkCapacity
        let last = (positions.upperBound - 1) / chunkCapacity
        for number in first...last {
            let base = number * chunkCapacity
            let places = max(positions.lowerBound - base, 0)..<min(positions.upperBound - base, chunkCapacity)
            body(chunks[number - firstChunk], base, places)
        }
    }
}
