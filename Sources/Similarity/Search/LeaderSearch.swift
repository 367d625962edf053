internal import Domain

/// Finds leaders for the newest images of a history, those of different users at the same time.
///
/// Unchecked: every piece writes what it finds for users of its own; the history is only read meanwhile.
final class LeaderSearch: @unchecked Sendable {
    /// An image and its leader.
    struct Found {
        let position: Int
        let leader: Int
        /// The root of the distance to it.
        let radius: Float
    }

    /// One user's images.
    struct Group {
        let user: UInt32
        /// Ascending.
        var positions: [Int] = []
        /// Leaders that the user's images joined last, latest last.
        var recent: [Int]
    }

    /// How many of a user's leaders a new image is tried on.
    static let recentCount = 6

    private let history: ImageHistory
    private let kernel: PairKernel
    private let cut: Double
    private let groups: UnsafeMutableBufferPointer<Group>
    private let found: UnsafeMutableBufferPointer<[Found]>

    /// - Parameters:
    ///   - groups: by user.
    ///   - history: where the images are.
    ///   - kernel: the distance.
    ///   - cut: how far from its leader an image may be.
    init(_ groups: [Group], of history: ImageHistory, kernel: PairKernel, cut: Double) {
        self.history = history
        self.kernel = kernel
        self.cut = cut
        self.groups = .allocate(capacity: groups.count)
        _ = self.groups.initialize(from: groups)
        found = .allocate(capacity: groups.count)
        found.initialize(repeating: [])
    }

    deinit {
        groups.deinitialize()
        groups.deallocate()
        found.deinitialize()
        found.deallocate()
    }

    /// A piece for every user.
    var pieces: Int { groups.count }

    /// What was found of a user's images that have another leader than themselves, and whom they joined last.
    func result(_ piece: Int) -> (found: [Found], user: UInt32, recent: [Int]) {
        (found[piece], groups[piece].user, groups[piece].recent)
    }

    func run(_ piece: Int) {
        var latest = groups[piece].recent.filter { $0 >= history.heldStart }
        for position in groups[piece].positions {
            var leader = position
            if !latest.isEmpty {
                var prepared = PreparedImage(history.pixels(at: position), kernel: kernel)
                for (order, other) in latest.enumerated().reversed() {
                    let distance = prepared.distance(to: history.pixels(at: other), cut: cut)
                    guard distance <= cut, position - other <= Int(UInt32.max) else { continue }
                    leader = other
                    let radius = Float(distance.squareRoot())
                    found[piece].append(Found(position: position, leader: other, radius: radius))
                    latest.remove(at: order)
                    break
                }
            }
            latest.append(leader)
            if latest.count > Self.recentCount { latest.removeFirst() }
        }
        groups[piece].recent = latest
    }
}
