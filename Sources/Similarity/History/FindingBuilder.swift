internal import Domain

/// A scope's finding while a search goes on; entries may come in any order.
struct FindingBuilder {
    private let limits: SearchLimits
    private var best: Double
    private var nearest: Int?
    private var distanceAlarm = 0
    /// Positions of the newest images nearer than the threshold, newest first.
    private var near: [Int] = []
    private var predictionAlarm = 0
    private var crossings = 0
    /// The position of the oldest image nearer than the threshold.
    private var oldest: Int?
    private var exactRepeats = 0
    /// The positions of the newest and of the oldest byte-identical image.
    private var repeated: Int?
    private var firstRepeated: Int?
    var searched = 0

    init(limits: SearchLimits) {
        self.limits = limits
        best = limits.cap
    }

    /// An entry that is further away than this changes nothing.
    var cut: Double { max(limits.threshold, best) }

    /// An entry that is further away than this is not the nearest.
    var nearestCut: Double { best }

    /// Counts an entry that is byte-identical.
    mutating func countRepeat(position: Int) {
        exactRepeats += 1
        repeated = max(repeated ?? position, position)
        firstRepeated = min(firstRepeated ?? position, position)
    }

    /// Counts an entry that is not byte-identical, nearer than the threshold, and not the nearest.
    mutating func countNear(position: Int, change: AnswerChange) {
        distanceAlarm += 1
        if change.isFall { predictionAlarm += 1 }
        if change.isCrossing { crossings += 1 }
        oldest = min(oldest ?? position, position)
        if near.count == SimilarityFinding.mostNear {
            guard let oldest = near.last, position > oldest else { return }
            near.removeLast()
        }
        near.insert(position, at: near.firstIndex { $0 < position } ?? near.count)
    }

    /// Counts an entry that is not byte-identical, at its exact distance.
    mutating func count(distance: Double, position: Int, change: AnswerChange) {
        if distance < limits.threshold { countNear(position: position, change: change) }
        if distance < best || distance == best && position < nearest ?? Int.max {
            best = distance
            nearest = position
        }
    }

    /// What was found; `descents` are the query's.
    func finding(_ descents: inout Descents) -> SimilarityFinding {
        let history = descents.history
        let steepest = descents.steepest(from: [oldest, nearest], repeats: [firstRepeated, repeated])
        return SimilarityFinding(
            minimumDistance: nearest == nil ? nil : best,
            lowerBound: best,
            nearest: nearest.map { history.neighbour(at: $0) },
            distanceAlarm: distanceAlarm,
            near: near.map { history.sequence(at: $0) },
            predictionAlarm: predictionAlarm,
            crossings: crossings,
            descent: steepest?.descent ?? 0,
            steepest: steepest.map { history.sequence(at: $0.position) },
            exactRepeats: exactRepeats,
            repeated: repeated.map { history.sequence(at: $0) },
            searched: searched
        )
    }
}
