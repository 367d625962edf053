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
    var exactRepeats = 0
    var searched = 0

    init(limits: SearchLimits) {
        self.limits = limits
        best = limits.cap
    }

    /// An entry that is further away than this changes nothing.
    var cut: Double { max(limits.threshold, best) }

    /// An entry that is further away than this is not the nearest.
    var nearestCut: Double { best }

    /// Counts an entry that is not byte-identical, nearer than the threshold, and not the nearest.
    mutating func countNear(position: Int, isAlarm: Bool) {
        distanceAlarm += 1
        if isAlarm { predictionAlarm += 1 }
        if near.count == SimilarityFinding.mostNear {
            guard let oldest = near.last, position > oldest else { return }
            near.removeLast()
        }
        near.insert(position, at: near.firstIndex { $0 < position } ?? near.count)
    }

    /// Counts an entry that is not byte-identical, at its exact distance.
    mutating func count(distance: Double, position: Int, isAlarm: Bool) {
        if distance < limits.threshold { countNear(position: position, isAlarm: isAlarm) }
        if distance < best || distance == best && position < nearest ?? Int.max {
            best = distance
            nearest = position
        }
    }

    func finding(in history: ImageHistory) -> SimilarityFinding {
        SimilarityFinding(
            minimumDistance: nearest == nil ? nil : best,
            lowerBound: best,
            nearest: nearest.map { history.neighbour(at: $0) },
            distanceAlarm: distanceAlarm,
            near: near.map { history.sequence(at: $0) },
            predictionAlarm: predictionAlarm,
            exactRepeats: exactRepeats,
            searched: searched
        )
    }
}
