import Domain

/// The levels that one entity had, from its stored changes.
struct LevelHistory: Hashable {
    /// A level and from when on it was held.
    struct Change: Hashable {
        let time: Timestamp
        let level: Level
    }

    /// By time; of changes at one time the last one counts from then on.
    private(set) var changes: [Change] = []

    /// Adds a change.
    ///
    /// - Parameters:
    ///   - level: the level from now on.
    ///   - time: not before the last one that was added.
    mutating func append(_ level: Level, at time: Timestamp) {
        changes.append(Change(time: time, level: level))
    }

    /// The highest level ever.
    var highest: Level { changes.map(\.level).max() ?? .info }

    /// The level at a time, a change at that time included.
    func level(at time: Timestamp) -> Level { changes.last { $0.time <= time }?.level ?? .info }

    /// The highest level at any moment of a period: the one that was held when it began, and all that came in it.
    ///
    /// - Parameters:
    ///   - begin: the first moment.
    ///   - end: the last moment.
    /// - Returns: the level, at least info.
    func highest(from begin: Timestamp, through end: Timestamp) -> Level {
        let held = changes.last { $0.time < begin }?.level ?? .info
        return changes.reduce(held) { highest, change in
            change.time >= begin && change.time <= end ? max(highest, change.level) : highest
        }
    }

    /// The first moment of a period at which a level, or one above it, was held.
    ///
    /// - Parameters:
    ///   - level: above info.
    ///   - begin: the first moment: returned where the level was held before.
    ///   - end: the last moment.
    /// - Returns: the moment; nil: there is none.
    func first(_ level: Level, from begin: Timestamp, through end: Timestamp) -> Timestamp? {
        if changes.last(where: { $0.time < begin }).map({ $0.level >= level }) == true { return begin }
        return changes.first { $0.time >= begin && $0.time <= end && $0.level >= level }?.time
    }
}
