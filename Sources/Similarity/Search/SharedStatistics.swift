internal import Synchronization

/// Local statistics of users' own images, made once for all queries of a piece that are compared with them: an attack's
/// queries come in dozens, and each is compared with all before it.
///
/// Confined to one piece.
final class SharedStatistics {
    /// From how many queries of a user on statistics pay: they cost half a comparison, and save nearly half of each.
    private static let minimumQueries = 3

    private let history: ImageHistory
    private let kernel: PairKernel
    private let memory: StatisticsMemory
    private let bytes: Int
    /// Queries that are still to come, by user.
    private var left: [UInt32: Int] = [:]
    private var places: [Int: Int] = [:]
    /// Whose statistics these are.
    private var owner: UInt32?
    private var isWorthwhile = false

    /// - Parameters:
    ///   - queries: of the piece, in the order in which they are searched for.
    ///   - history: where the images are.
    ///   - kernel: the distance.
    ///   - memory: nobody else's meanwhile.
    init(
        _ queries: [SimilarityQuery],
        of history: ImageHistory,
        kernel: PairKernel,
        in memory: StatisticsMemory
    ) {
        self.history = history
        self.kernel = kernel
        self.memory = memory
        bytes = (kernel.statisticsBytes + 63) & ~63
        for query in queries { left[Self.user(of: query, in: history), default: 0] += 1 }
    }

    private static func user(of query: SimilarityQuery, in history: ImageHistory) -> UInt32 {
        let (chunk, place) = history.place(of: query.position)
        return chunk.users[place]
    }

    /// Says that `query` comes next.
    func begin(_ query: SimilarityQuery) {
        let user = Self.user(of: query, in: history)
        if user != owner { places.removeAll(keepingCapacity: true) }
        owner = user
        let count = left[user, default: 0]
        isWorthwhile = count >= Self.minimumQueries
        left[user] = count - 1
    }

    /// The statistics of an image of the present query's user; nil where they are not known and would not pay.
    func statistics(of position: Int) -> UnsafeRawPointer? {
        if let place = places[position] { return UnsafeRawPointer(memory.base + place) }
        let place = places.count * bytes
        guard isWorthwhile, place + bytes <= StatisticsMemory.size else { return nil }
        kernel.writeStatistics(of: history.pixels(at: position), to: memory.base + place)
        places[position] = place
        return UnsafeRawPointer(memory.base + place)
    }
}

/// Memory for statistics.
///
/// Unchecked: whoever took it has it alone.
final class StatisticsMemory: @unchecked Sendable {
    /// Bytes, of which the machine only gives those that are used.
    static let size = 16 << 20

    let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)

    deinit { base.deallocate() }
}

/// Memory that pieces use one after another, so that its pages need not be asked for anew.
final class StatisticsPool: Sendable {
    private let free = Mutex<[StatisticsMemory]>([])

    /// Lends memory to `body`.
    func withMemory<Result>(_ body: (StatisticsMemory) -> Result) -> Result {
        let memory = free.withLock { $0.popLast() } ?? StatisticsMemory()
        defer { free.withLock { $0.append(memory) } }
        return body(memory)
    }
}
