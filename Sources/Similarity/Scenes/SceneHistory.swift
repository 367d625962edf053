internal import Domain

/// The scenes of a model's newest images of one shape, and what a user's recent ones say of a query.
///
/// Unchecked: only the task that holds the detector changes it; meanwhile others write scenes of their own positions,
/// and searches only read.
final class SceneHistory: @unchecked Sendable {
    /// Of a user's images, the newest so many are looked at.
    static let imagesByUser = 128
    /// Only the model's newest so many images are looked at.
    static let images = 8192
    /// Images that were served further apart are not compared.
    static let span = Duration.seconds(3600)

    private struct Place {
        let position: Int
        let time: Timestamp
    }

    private let plan: ScenePlan
    private let store: ProfileStore
    /// The newest images of each user, oldest first.
    private var users: [UserID: [Place]] = [:]
    /// Positions below it have their scenes, or are too old to need them.
    private var described = 0
    private var lastSweep = 0

    init(shape: ImageShape, chunkCapacity: Int, path: KernelPath) {
        plan = ScenePlan(shape: shape, path: path)
        store = ProfileStore(stride: ScenePlan.sceneBytes, capacity: chunkCapacity)
    }

    /// Bytes held for scenes and places.
    var allocatedBytes: Int {
        store.allocatedBytes + users.values.reduce(0) { $0 + $1.capacity * MemoryLayout<Place>.stride }
    }

    /// Adds the image at `position`, whose scene comes with the next ``prepare(_:from:forEach:)``.
    func append(_ position: Int, of user: UserID, at time: Timestamp) {
        users[user, default: []].append(Place(position: position, time: time))
        if let count = users[user]?.count, count >= 2 * Self.imagesByUser {
            users[user]?.removeFirst(count - Self.imagesByUser)
        }
    }

    /// The positions that a query, itself not added yet, is compared with, newest first; `window` are those that count at
    /// all.
    func candidates(for user: UserID, at time: Timestamp, in window: Range<Int>) -> [Int] {
        guard let places = users[user] else { return [] }
        let first = max(window.lowerBound, window.upperBound - Self.images)
        let near = (time - Self.span)...(time + Self.span)
        return places.reversed().prefix(Self.imagesByUser)
            .filter { $0.position >= first && near.contains($0.time) }.map(\.position)
    }

    /// Makes the scenes of the images in `history` that queries from the position `query` on may need.
    func prepare(
        _ history: ImageHistory,
        from query: Int,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        let first = max(described, history.heldStart, query - Self.images)
        let end = history.end
        guard first < end else { return }
        store.evict(before: max(0, query - Self.images))
        store.extend(to: end)
        described = end
        let work = SceneWork((first..<end).map { (history.pixels(at: $0), scene($0)) })
        await forEach(work.pieces) { [plan] piece in work.run(piece, by: plan) }
    }

    /// How the scenes at `candidates` (newest first) have moved into the one at `position`.
    ///
    /// - Returns: nothing moved where the very same scene was there already: a repeat teaches nobody anything.
    func finding(at position: Int, candidates: [Int]) -> JitterFinding {
        let own = UnsafePointer(scene(position))
        let motions = plan.withRegistration(to: own) { register in
            var motions: [(motion: SceneMotion, age: Int)] = []
            for (older, candidate) in candidates.enumerated() where motions.count < JitterFinding.mostMatches
            {
                if let motion = register(scene(candidate)) { motions.append((motion, older + 1)) }
            }
            return motions
        }
        let isRepeat = candidates.contains { isSame(own, scene($0)) }
        var places = motions.reversed().map { (vector: $0.motion.vector, age: $0.age) }
        // Not as `[(SIMD4(), 0)]`: the compiler makes a constant of it that is aligned to 16 bytes only, and may then read
        // behind it, because these vectors are aligned to 32.
        places.append((vector: SIMD4(), age: 0))
        return JitterFinding(
            matches: motions.count,
            moved: isRepeat ? 0 : motions.count(where: \.motion.isMoved),
            independence: isRepeat ? 0 : SceneMotion.independence(of: places)
        )
    }

    /// Forgets scenes and users that no later query can need.
    func evict(end: Int) {
        let first = end - Self.images
        guard first > 0 else { return }
        store.evict(before: first)
        guard first >= lastSweep + 1024 else { return }
        lastSweep = first
        users = users.filter { ($0.value.last?.position ?? 0) >= first }
    }

    private func scene(_ position: Int) -> UnsafeMutablePointer<Float> {
        store[position].assumingMemoryBound(to: Float.self)
    }

    private func isSame(_ one: UnsafePointer<Float>, _ other: UnsafePointer<Float>) -> Bool {
        (0..<ScenePlan.sceneBytes / MemoryLayout<Float>.size).allSatisfy { one[$0] == other[$0] }
    }
}

/// Scenes to write.
///
/// Unchecked: pixels are only read, and every scene is written by one piece.
private final class SceneWork: @unchecked Sendable {
    private static let size = 32

    private let images: [(pixels: UnsafePointer<UInt8>, scene: UnsafeMutablePointer<Float>)]

    init(_ images: [(pixels: UnsafePointer<UInt8>, scene: UnsafeMutablePointer<Float>)]) {
        self.images = images
    }

    var pieces: Int { (images.count + Self.size - 1) / Self.size }

    func run(_ piece: Int, by plan: ScenePlan) {
        for (pixels, scene) in images.dropFirst(piece * Self.size).prefix(Self.size) {
            plan.writeScene(of: pixels, to: scene)
        }
    }
}
