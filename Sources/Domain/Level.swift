/// How much risk, in words (docs/design/evidence.md#levels).
package enum Level: Int, Sendable, CaseIterable, Comparable, CustomStringConvertible {
    case info = 0
    case low = 1
    case medium = 2
    case high = 3
    case critical = 4

    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    /// The level's word.
    package var description: String {
        switch self {
        case .info: "info"
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .critical: "critical"
        }
    }
}

/// The four horizons of a track, fastest first (docs/design/evidence.md#marks-lanes-and-what-each-bets).
package enum Lane: Int, Sendable, CaseIterable, CustomStringConvertible {
    case burst = 0
    case session = 1
    case shift = 2
    case campaign = 3

    /// The lane's word.
    package var description: String {
        switch self {
        case .burst: "burst"
        case .session: "session"
        case .shift: "shift"
        case .campaign: "campaign"
        }
    }
}

/// An entity's level went from one to another at a tick.
package struct LevelChange: Hashable, Sendable {
    /// The sample that shows it.
    package let sample: Int64
    package let entity: Entity
    package let tick: Tick
    /// The level before.
    package let from: Level
    /// The level after.
    package let to: Level

    package init(sample: Int64, entity: Entity, tick: Tick, from: Level, to: Level) {
        self.sample = sample
        self.entity = entity
        self.tick = tick
        self.from = from
        self.to = to
    }
}
