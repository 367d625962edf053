internal import Domain

/// The earlier images of one model and shape, oldest first.
///
/// A position is the number of images appended before; it never changes, also when images are evicted from the front.
/// Columns lie in chunks, which are freed as a whole. Nothing here is synchronised: many threads may read as long as
/// nobody appends or evicts.
final class ImageHistory {
    let shape: ImageShape
    /// Bytes that an input counts for: its content, and what its search keeps beside.
    let bytesPerInput: Int
    let chunkCapacity: Int
    /// The first position that a later query may need.
    private(set) var windowStart = 0
    /// The position of the next image.
    private(set) var end = 0
    /// What makes searches fast, and changes none.
    let index = SearchIndex()
    private var chunks: [HistoryChunk] = []
    private var firstChunk = 0
    private var users = NameTable<UserID>()
    private var labels = NameTable<LabelName>()

    init(shape: ImageShape, bytesBeside: Int = 0) {
        self.shape = shape
        bytesPerInput = shape.count + bytesBeside
        chunkCapacity = min(1024, max(1, (1 << 20) / max(1, shape.count)))
    }

    /// Bytes held for pixels, columns and signatures.
    var allocatedBytes: Int {
        let room = chunks.reduce(0) { $0 + $1.room }
        return room * (shape.count + HistoryChunk.columnBytes) + chunks.reduce(0) { $0 + $1.bytesBeside }
            + index.allocatedBytes
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
            let room = end == 0 ? 4 : chunkCapacity
            chunks.append(HistoryChunk(stride: shape.count, capacity: chunkCapacity, room: room))
        }
        let (user, label) = (users.add(input.user), labels.add(LabelName(input.prediction)))
        chunks[number - firstChunk].append(input, user: user, label: label)
        end += 1
        return end - 1
    }

    /// The sequence number of the image at the window's start.
    var oldestSequence: Int64 { sequence(at: windowStart) }

    /// Says that no later query needs the image at the window's start.
    func advanceWindow() {
        let (chunk, place) = place(of: windowStart)
        users.remove(chunk.users[place])
        labels.remove(chunk.labels[place])
        windowStart += 1
    }

    /// Frees the chunks that lie wholly before the window, and names that nobody bears.
    func evict() {
        let count = min(windowStart / chunkCapacity - firstChunk, chunks.count)
        if count > 0 {
            chunks.removeFirst(count)
            firstChunk += count
        }
        index.forget(before: heldStart, users: users.sweep())
        _ = labels.sweep()
    }

    /// Images of `user` in the window.
    func count(of user: UserID) -> Int { users.count(user) }

    func pixels(at position: Int) -> UnsafePointer<UInt8> {
        chunks[position / chunkCapacity - firstChunk].pixels[position % chunkCapacity]
    }

    /// What was sent at `position`.
    func content(at position: Int) -> StepContent {
        let (chunk, place) = place(of: position)
        return chunk.content(place)
    }

    /// The image at `position`, to be read whatever becomes of the history.
    func held(_ position: Int) -> HeldImage {
        let (chunk, place) = place(of: position)
        return HeldImage(buffer: chunk.pixels, place: place)
    }

    /// The chunk that holds `position`, and its place there.
    func place(of position: Int) -> (chunk: HistoryChunk, place: Int) {
        (chunks[position / chunkCapacity - firstChunk], position % chunkCapacity)
    }

    /// The position of the image that leads the one at `position`; its own where none does.
    func leader(of position: Int) -> Int {
        let (chunk, place) = place(of: position)
        return position - Int(chunk.leaders[place])
    }

    /// The sequence number of the image at `position`.
    func sequence(at position: Int) -> Int64 {
        let (chunk, place) = place(of: position)
        return chunk.sequence(place)
    }

    /// Who sent the image at `position`.
    func user(at position: Int) -> UserID {
        let (chunk, place) = place(of: position)
        return users.name(chunk.users[place])
    }

    /// Whether the images at both positions come from the same user.
    func hasSameUser(_ one: Int, _ other: Int) -> Bool {
        let ((chunk, place), (otherChunk, otherPlace)) = (place(of: one), place(of: other))
        return chunk.users[place] == otherChunk.users[otherPlace]
    }

    /// The image at `position` as evidence.
    func neighbour(at position: Int) -> Neighbour {
        let (chunk, place) = place(of: position)
        return Neighbour(
            sequence: chunk.sequence(place),
            record: chunk.record(place),
            user: users.name(chunk.users[place])
        )
    }

    /// What became of the answer to the image at `position` on the way to a query's.
    func change(at position: Int, to query: SimilarityQuery) -> AnswerChange {
        let (chunk, place) = place(of: position)
        let (own, ownPlace) = self.place(of: query.position)
        let (label, ownLabel) = (chunk.labels[place], own.labels[ownPlace])
        let (number, probability) = (Int(labels[label].index), chunk.probabilities[place])
        let isCrossing = label != ownLabel && !labels[label].hasSameText(as: labels[ownLabel])
        if let probabilities = query.prediction.probabilities, probabilities.indices.contains(number) {
            let now = probabilities[number]
            return AnswerChange(
                isFall: probability > now,
                isCrossing: isCrossing,
                before: probability,
                now: now
            )
        }
        let answer = query.prediction.probability
        return AnswerChange(
            isFall: isCrossing || probability > answer,
            isCrossing: isCrossing,
            before: probability,
            // With the top class only, the most that another one's probability can be.
            now: isCrossing ? 1 - answer : answer
        )
    }
}
