internal import CSimilarity
internal import Domain

/// All images of a history, each in a ``Cluster``, and the signatures of the leaders.
///
/// Clusters decide only which pairs are looked at, never what a search finds. Confined to the task that prepares
/// searches; while searches run it is only read.
final class ClusterTable {
    /// Where an image belongs.
    struct Home {
        var cluster: Int
        /// The root of its distance to the leader.
        var radius: Double
    }

    /// How many of a user's clusters a new image is tried on.
    private static let recentCount = 6

    private(set) var clusters: [Cluster] = []
    /// The largest radius of any cluster so far.
    private(set) var radius = 0.0
    /// By position from `homesStart`.
    private var homes: [Home] = []
    private var homesStart = 0
    /// Clusters that a user's images joined last, latest last.
    private var recent: [UInt64: [Int]] = [:]
    private var signatures: UnsafeMutablePointer<Int16>?
    private var signatureCapacity = 0

    deinit { signatures?.deallocate() }

    /// The position after the last image that has a home.
    var end: Int { homesStart + homes.count }

    /// Bytes held beside the history's.
    var allocatedBytes: Int {
        signatureCapacity * signatureLength * 2 + homes.count * MemoryLayout<Home>.stride
            + clusters.count * MemoryLayout<Cluster>.stride
            + homes.count * MemoryLayout<Cluster.Member>.stride
    }

    /// The home of the image at `position`; nil when it has none (yet).
    func home(of position: Int) -> Home? {
        homes.indices.contains(position - homesStart) ? homes[position - homesStart] : nil
    }

    /// Where the signature of a cluster's leader goes; valid until clusters are added.
    func signatureSlot(_ cluster: Int) -> UnsafeMutablePointer<Int16> {
        if let signatures, signatureCapacity >= clusters.count {
            return signatures + cluster * signatureLength
        }
        let capacity = max(256, clusters.count + clusters.count / 4)
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity * signatureLength * 2, alignment: 64)
        let base = bytes.initializeMemory(as: Int16.self, repeating: 0, count: capacity * signatureLength)
        if let signatures {
            base.update(from: signatures, count: min(signatureCapacity, clusters.count) * signatureLength)
            signatures.deallocate()
        }
        (signatures, signatureCapacity) = (base, capacity)
        return base + cluster * signatureLength
    }

    /// Says that the leaders of `indices` have signatures.
    func setSigned(_ indices: [Int]) {
        for index in indices { clusters[index].isSigned = true }
    }

    /// Forgets all signatures.
    func clearSigned() {
        for index in clusters.indices { clusters[index].isSigned = false }
    }

    /// Gives every new image of `history` a home, and forgets those that have left.
    func update(from history: ImageHistory, kernel: PairKernel) {
        if homes.isEmpty { homesStart = max(homesStart, history.heldStart) }
        if homesStart < history.heldStart { forget(before: history, kernel: kernel) }
        for position in max(end, history.heldStart)..<max(end, history.end) {
            add(position, of: history, kernel: kernel)
        }
    }

    private func add(_ position: Int, of history: ImageHistory, kernel: PairKernel) {
        let (chunk, place) = history.place(of: position)
        let (key, user) = (chunk.userKeys[place], chunk.entries[place].user)
        var latest = recent[key] ?? []
        var home: Home?
        if !latest.isEmpty {
            let prepared = PreparedImage(chunk.pixels[place], kernel: kernel)
            for (order, index) in latest.enumerated().reversed() where clusters[index].user == user {
                let pixels = history.pixels(at: clusters[index].leader)
                let distance = prepared.distance(to: pixels, cut: Cluster.joinCut)
                guard distance <= Cluster.joinCut else { continue }
                home = Home(cluster: index, radius: distance.squareRoot())
                latest.remove(at: order)
                break
            }
        }
        if let home {
            clusters[home.cluster].members.append(
                Cluster.Member(position: position, radius: home.radius)
            )
            clusters[home.cluster].radius = max(clusters[home.cluster].radius, home.radius)
            radius = max(radius, home.radius)
        } else {
            clusters.append(Cluster(leader: position, user: user, userKey: key))
        }
        let found = home ?? Home(cluster: clusters.count - 1, radius: 0)
        homes.append(found)
        latest.append(found.cluster)
        if latest.count > Self.recentCount { latest.removeFirst() }
        recent[key] = latest
    }

    /// Drops images whose pixels are gone; where a leader went, the cluster's oldest image leads.
    private func forget(before history: ImageHistory, kernel: PairKernel) {
        let start = history.heldStart
        homes.removeFirst(min(start - homesStart, homes.count))
        homesStart = start
        var moved = [Int?](repeating: nil, count: clusters.count)
        var kept = 0
        radius = 0
        for index in clusters.indices {
            var cluster = clusters[index]
            cluster.members.removeAll { $0.position < start }
            guard let first = cluster.members.first else { continue }
            if cluster.leader < start {
                cluster.leader = first.position
                cluster.isSigned = false
                let prepared = PreparedImage(history.pixels(at: first.position), kernel: kernel)
                cluster.members = cluster.members.map { member in
                    let distance = prepared.distance(to: history.pixels(at: member.position))
                    return Cluster.Member(position: member.position, radius: distance.squareRoot())
                }
            }
            cluster.radius = cluster.members.reduce(0) { max($0, $1.radius) }
            radius = max(radius, cluster.radius)
            for member in cluster.members {
                homes[member.position - homesStart] = Home(cluster: kept, radius: member.radius)
            }
            if let signatures, index < signatureCapacity, kept < index {
                (signatures + kept * signatureLength).update(
                    from: signatures + index * signatureLength,
                    count: signatureLength
                )
            }
            clusters[kept] = cluster
            moved[index] = kept
            kept += 1
        }
        clusters.removeLast(clusters.count - kept)
        recent = recent.compactMapValues { indices in
            let left = indices.compactMap { moved[$0] }
            return left.isEmpty ? nil : left
        }
    }
}
