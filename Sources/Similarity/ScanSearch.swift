internal import Domain
#if canImport(Glibc)
    internal import Glibc
#endif

/// Looks at every input of the window, newest first: passes over those that a bound rules out, and computes the others
/// until they are known to change nothing.
///
/// Without a bound this is brute force, apart from pairs that are given up early.
struct ScanSearch<Measure: DistanceMeasure>: SimilaritySearch {
    /// Inputs whose profiles are derived by one piece.
    private static var group: Int { 8 }

    let measure: Measure
    let limits: SearchLimits
    private let profiles: ProfileStore

    init(measure: Measure, limits: SearchLimits) {
        self.measure = measure
        self.limits = limits
        let size = max(1, measure.profileBytes)
        profiles = ProfileStore(stride: measure.profileBytes, capacity: min(1024, max(1, (1 << 20) / size)))
    }

    var allocatedBytes: Int { profiles.allocatedBytes }
    var bytesPerInput: Int { measure.profileBytes }

    func prepare(
        _ history: ImageHistory,
        isRestoring: Bool,
        forEach: (Int, @escaping @Sendable (Int) -> Void) async -> Void
    ) async {
        profiles.evict(before: history.heldStart)
        let work = ProfileWork(profiles.end..<history.end, history: history, profiles: profiles)
        let count = (work.positions.count + Self.group - 1) / Self.group
        await forEach(count) { [measure] piece in
            let first = piece * Self.group
            for index in first..<min(first + Self.group, work.positions.count) {
                work.derive(index, by: measure)
            }
        }
    }

    func find(_ queries: [SimilarityQuery], in history: ImageHistory) -> [ScopedFindings] {
        queries.map { find($0, in: history) }
    }

    private func find(_ query: SimilarityQuery, in history: ImageHistory) -> ScopedFindings {
        var user = FindingBuilder(limits: limits)
        var model = FindingBuilder(limits: limits)
        let (own, ownPlace) = history.place(of: query.position)
        let (content, hash, sender) = (own.pixels[ownPlace], own.hashes[ownPlace], own.users[ownPlace])
        let comparison = measure.comparison(
            with: MeasuredInput(content: content, profile: UnsafeRawPointer(profiles[query.position]))
        )
        model.searched = query.window.count
        user.searched = query.ownImages
        for position in query.window.reversed() {
            let (chunk, place) = history.place(of: position)
            let other = MeasuredInput(
                content: chunk.pixels[place],
                profile: UnsafeRawPointer(profiles[position])
            )
            let isSameUser = chunk.users[place] == sender
            if chunk.hashes[place] == hash, memcmp(content, other.content, history.shape.count) == 0 {
                model.countRepeat(position: position)
                if isSameUser { user.countRepeat(position: position) }
                continue
            }
            // The user's nearest is never nearer than the model's, so its cut serves both.
            let cut = isSameUser ? user.cut : model.cut
            guard comparison.lowerBound(to: other) <= cut else { continue }
            let distance = comparison.distance(to: other, cut: cut)
            guard distance <= cut else { continue }
            let change = history.change(at: position, to: query)
            model.count(distance: distance, position: position, change: change)
            if isSameUser { user.count(distance: distance, position: position, change: change) }
        }
        return limits.findings(of: query, (user, model), in: history)
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
