import Domain

/// The scores of one entity, by time.
struct ScoreTrail {
    /// Scores in milli-points, each from its tick's end on.
    private(set) var points: [(time: Timestamp, score: Int64)] = []

    /// Adds a score.
    ///
    /// - Parameters:
    ///   - score: milli-points.
    ///   - time: not before the last one that was added.
    mutating func append(_ score: Int64, at time: Timestamp) { points.append((time, score)) }

    /// The score that stood at a time; 0 before the first.
    func score(at time: Timestamp) -> Int64 {
        let place = count(through: time)
        return place > 0 ? points[place - 1].score : 0
    }

    /// The highest score of a period, the one that stood when it began included.
    func highest(from begin: Timestamp, through end: Timestamp) -> Int64 {
        let (first, last) = (count(through: begin), count(through: end))
        return points[first..<max(first, last)].reduce(score(at: begin)) { max($0, $1.score) }
    }

    /// How many scores there are up to a time.
    private func count(through time: Timestamp) -> Int {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
