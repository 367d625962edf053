internal import Domain

/// The searches of one batch and their results.
///
/// Unchecked: every piece writes the results of its own searches only; histories are only read until the detector has
/// waited for all pieces.
final class SearchTable: @unchecked Sendable {
    /// Searches that are done together read the signatures once.
    private static let group = 32

    /// Which searches are done together; all of one history.
    let pieces: [[Int]]
    private let searches: [PendingSearch]
    private let found: UnsafeMutableBufferPointer<ScopedFindings?>

    init(_ searches: [PendingSearch]) {
        self.searches = searches
        // Small batches are cut finer, so that all threads have something to do.
        let size = min(Self.group, max(1, searches.count / 8))
        var open: [ObjectIdentifier: Int] = [:]
        var pieces: [[Int]] = []
        for index in Self.order(searches) {
            let history = ObjectIdentifier(searches[index].line.history)
            if let piece = open[history], pieces[piece].count < size {
                pieces[piece].append(index)
            } else {
                open[history] = pieces.count
                pieces.append([index])
            }
        }
        self.pieces = pieces
        found = .allocate(capacity: searches.count)
        found.initialize(repeating: nil)
    }

    /// A user's searches one after another, so that they share what they need; those with most to share first, because
    /// they take longest.
    private static func order(_ searches: [PendingSearch]) -> [Int] {
        let users = Dictionary(grouping: searches.indices) { searches[$0].query.user }
        return users.values.sorted { ($0.count, $1[0]) > ($1.count, $0[0]) }.flatMap(\.self)
    }

    deinit {
        found.deinitialize()
        found.deallocate()
    }

    func run(_ piece: Int) {
        let indices = pieces[piece]
        guard let line = indices.first.map({ searches[$0].line }) else { return }
        let results = line.search.find(indices.map { searches[$0].query }, in: line.history)
        for (index, result) in zip(indices, results) {
            let search = searches[index]
            var result = result
            result.user.jitter = search.line.scenes?.finding(
                at: search.query.position,
                candidates: search.sceneCandidates
            )
            found[index] = result
        }
    }

    /// The position of the first query of each shape.
    var firstPositions: [ImageShape: Int] {
        Dictionary(searches.map { ($0.line.history.shape, $0.query.position) }, uniquingKeysWith: min)
    }

    /// The positions of the queries that found nothing, not even a repeat, by history.
    func unlike(_ results: [ScopedFindings]) -> [(line: HistoryLine, positions: [Int])] {
        let found = zip(searches, results).filter {
            $1.model.nearest == nil && $1.model.exactRepeats == 0
        }
        return Dictionary(grouping: found) { ObjectIdentifier($0.0.line.history) }.values.map { group in
            (group[0].0.line, group.map { $0.0.query.position })
        }
    }

    /// The findings, by index.
    ///
    /// - Precondition: every piece was run.
    var results: [ScopedFindings] {
        found.map { findings in
            guard let findings else { preconditionFailure("a piece of the batch was not run") }
            return findings
        }
    }
}
