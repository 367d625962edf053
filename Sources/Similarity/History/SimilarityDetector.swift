package import Domain

/// Compares each image that a model sees with the images it saw before in both scopes
/// (docs/design/bibliography.md#the-paper, §4.3).
///
/// Findings depend only on the order of the inputs: not on how they are split into batches, nor on threads.
/// A detector is confined to one task: it is not `Sendable`, and an actor that holds one must not enter it again while
/// ``observe(_:forEach:)`` waits. There, pieces on other threads only read histories (or write signatures of their own
/// images), and the method waits for all of them before it changes anything.
package final class SimilarityDetector {
    /// What is measured, and against how much of the past.
    package let configuration: SimilarityConfiguration
    private let method: SearchMethod
    private let path: KernelPath
    private(set) var lines: [ImageShape: HistoryLine] = [:]
    private var window: HistoryWindow
    private var offers: [ImageShape: KeptSignatures] = [:]

    /// A detector with an empty history.
    ///
    /// - Parameters:
    ///   - configuration: what is measured, and against how much of the past.
    ///   - method: how searches are done; changes no finding.
    ///   - path: which build of the kernels runs; changes no finding.
    package init(
        configuration: SimilarityConfiguration,
        method: SearchMethod = .fast,
        path: KernelPath = .best
    ) {
        self.configuration = configuration
        self.method = method
        self.path = path
        window = HistoryWindow(limits: configuration.history)
    }

    /// Inputs that a next query may be compared with, and the bytes of what is compared of them, over all shapes.
    package var use: (entries: Int, bytes: Int) { (window.count, window.bytes) }

    /// Bytes of memory held for history: contents, columns and what searches keep beside.
    package var allocatedBytes: Int {
        lines.values.reduce(window.allocatedBytes) {
            $0 + $1.history.allocatedBytes + $1.search.allocatedBytes + ($1.scenes?.allocatedBytes ?? 0)
        }
    }

    /// The sequence number of the oldest image that a next query may be compared with.
    package var oldestSequence: Int64? { window.oldestSequence }

    /// The sequence number of the newest input that was seen; 0 before the first.
    package private(set) var newestSequence: Int64 = 0

    /// Lets the oldest inputs leave before their time.
    ///
    /// - Parameter isEnough: whether no more of them need to, by how many are left and their bytes.
    package func shrink(until isEnough: (_ entries: Int, _ bytes: Int) -> Bool) {
        window.shrink(until: isEnough)
        evict()
    }

    /// The newest event time that was seen, from which the age of images is measured.
    package var newestTime: Timestamp? { window.newest }

    /// Offers signatures that an earlier run made, to be used for images that are restored; changes no finding.
    ///
    /// - Parameter kept: before anything is restored; one for each shape at most.
    package func offer(_ kept: [KeptSignatures]) {
        for one in kept { offers[one.shape] = one }
    }

    /// How many restored images took a signature over that was offered.
    package var keptSignatures: Int { lines.values.reduce(0) { $0 + $1.history.index.keptCount } }

    /// Signatures to keep for a later start: what was signed for good since the last call.
    ///
    /// - Returns: pages, in the order in which to write them.
    package func takePages() -> [SignaturePage] {
        lines.values.flatMap { $0.history.index.takePages(of: $0.history) }
    }

    /// Adds earlier inputs to the history without searching; see ``prepare(forEach:)``.
    ///
    /// - Parameters:
    ///   - inputs: oldest first; all before those of later calls.
    ///   - newest: the newest event time that was seen, where that was not an input's that is still there.
    package func restore(_ inputs: [SimilarityInput], newest: Timestamp? = nil) {
        if let newest { window.restore(newest: newest) }
        for (index, input) in inputs.enumerated() {
            append(input, isSearched: false)
            if index % 256 == 255 { evict() }
        }
        evict()
    }

    /// Adds `batch` to the history, and says what each of its images finds in what came before it.
    ///
    /// - Parameters:
    ///   - batch: in order of sequence, after everything seen before.
    ///   - forEach: calls its second argument for every index below its first, on any threads, and waits for all.
    /// - Returns: the findings by input: against the same user's images, and against everybody's.
    package func observe(
        _ batch: [SimilarityInput],
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async -> [(user: SimilarityFinding, model: SimilarityFinding)] {
        let searches = SearchTable(batch.map { append($0) })
        await prepare(Set(batch.map(\.image.shape)), isRestoring: false, forEach)
        for (shape, first) in searches.firstPositions {
            guard let line = lines[shape] else { continue }
            await line.scenes?.prepare(line.history, from: first, forEach: forEach)
        }
        await forEach(searches.pieces.count) { index in searches.run(index) }
        let results = searches.results
        for (line, positions) in searches.unlike(results) {
            line.search.note(unlike: positions, in: line.history)
        }
        evict()
        return results
    }

    /// Derives what searches keep of each input that was restored, so that the next batch need not wait for it; changes
    /// no finding.
    ///
    /// - Parameter forEach: as for ``observe(_:forEach:)``.
    package func prepare(forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void) async {
        await prepare(Set(lines.keys), isRestoring: true, forEach)
    }

    private func prepare(
        _ shapes: Set<ImageShape>,
        isRestoring: Bool,
        _ forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        for shape in shapes {
            guard let line = lines[shape] else { continue }
            await line.search.prepare(line.history, isRestoring: isRestoring, forEach: forEach)
        }
    }

    /// Queries that were observed already, to be searched for again.
    ///
    /// - Parameter inputs: the newest that were observed, of one shape.
    /// - Returns: nil when there is no history of their shape.
    package func probe(_ inputs: [SimilarityInput]) -> SimilarityProbe? {
        guard let shape = inputs.first?.image.shape, let line = lines[shape] else { return nil }
        return SimilarityProbe(inputs, history: line.history, configuration: configuration)
    }

    /// Waits until nothing is left to learn or to sign in the background; for measurements and tests.
    package func settle() async {
        for line in lines.values {
            repeat {
                await line.search.prepare(line.history, isRestoring: false) { count, body in
                    (0..<count).forEach(body)
                }
                while line.history.index.learner.isBusy { try? await Task.sleep(for: .milliseconds(1)) }
            } while line.history.index.learner.hasProducts
        }
    }

    @discardableResult
    private func append(_ input: SimilarityInput, isSearched: Bool = true) -> PendingSearch {
        let line = line(of: input.image.shape)
        let first = window.open(at: input.time, for: line.history)
        let ownImages = line.history.count(of: input.user)
        let position = line.history.append(input)
        newestSequence = input.sequence
        let scenes = isSearched ? line.scenes : nil
        let candidates = scenes?.candidates(for: input.user, at: input.time, in: first..<position) ?? []
        line.scenes?.append(position, of: input.user, at: input.time)
        window.append(input, in: line.history)
        let query = SimilarityQuery(
            position: position,
            window: first..<position,
            user: input.user,
            ownImages: ownImages,
            prediction: input.prediction
        )
        return PendingSearch(query: query, sceneCandidates: candidates, line: line)
    }

    private func line(of shape: ImageShape) -> HistoryLine {
        if let line = lines[shape] { return line }
        let search = method.search(configuration: configuration, shape: shape, path: path)
        let history = ImageHistory(shape: shape, bytesBeside: search.bytesPerInput)
        // Vectors show no scene.
        let scenes =
            configuration.metric == .features
            ? nil : SceneHistory(shape: shape, chunkCapacity: history.chunkCapacity, path: path)
        let line = HistoryLine(history: history, search: search, scenes: scenes)
        if let kept = offers.removeValue(forKey: shape) { search.adopt(kept, in: history) }
        lines[shape] = line
        return line
    }

    private func evict() {
        for (shape, line) in lines {
            line.history.evict()
            line.scenes?.evict(end: line.history.end)
            if line.history.windowStart == line.history.end { lines[shape] = nil }
        }
        window.evict()
    }
}

/// The history of one shape, and how it is searched.
struct HistoryLine {
    let history: ImageHistory
    let search: any SimilaritySearch
    /// Nil where what is compared are not images.
    let scenes: SceneHistory?
}

/// A query, and where to look.
struct PendingSearch {
    let query: SimilarityQuery
    /// Positions of the user's recent images, newest first.
    let sceneCandidates: [Int]
    let line: HistoryLine
}
