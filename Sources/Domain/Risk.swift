/// One scoring interval of the grid: `floor(milliseconds / tick length)`.
package struct Tick: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The interval's number; tick 0 starts at the Unix epoch.
    package var index: Int64

    /// The interval with number `index`.
    package init(_ index: Int64) { self.index = index }

    package static func < (left: Tick, right: Tick) -> Bool { left.index < right.index }

    package var description: String { String(index) }
}

/// What risk belongs to.
package enum Entity: Hashable, Sendable {
    /// A user of a model.
    case user(UserID, model: ModelID)
    /// A model, over all its users.
    case model(ModelID)
    /// The whole service.
    case global

    /// `user`, `model` or `global`.
    package var kind: String {
        switch self {
        case .user: "user"
        case .model: "model"
        case .global: "global"
        }
    }

    /// The model, except for the whole service.
    package var model: ModelID? {
        switch self {
        case .user(_, let model), .model(let model): model
        case .global: nil
        }
    }

    /// The user, where the entity is one.
    package var user: UserID? {
        if case .user(let user, _) = self { user } else { nil }
    }

    /// The virtual partition of its rows: the user's; 0 for models and the whole service.
    package var virtualPartition: Int16 { user?.virtualPartition ?? 0 }
}

extension Entity: Comparable {
    /// Users before models before the whole service; within a kind by model, then user.
    package static func < (left: Entity, right: Entity) -> Bool {
        switch (left, right) {
        case (.user(let a, let m), .user(let b, let n)): (m, a) < (n, b)
        case (.model(let m), .model(let n)): m < n
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .user: 0
        case .model: 1
        case .global: 2
        }
    }
}

extension Entity: CustomStringConvertible {
    /// `user:MODEL/USER`, `model:MODEL` or `global`; `%` and `/` in the model's name are percent-encoded.
    package var description: String {
        switch self {
        case .user(let user, let model): "user:\(escaped(model.name))/\(user.name)"
        case .model(let model): "model:\(escaped(model.name))"
        case .global: "global"
        }
    }

    /// Parses what ``description`` prints; nil when `text` has another form or an empty name.
    ///
    /// - Parameter text: such as `user:fashion/user-006`.
    package init?(_ text: String) {
        if text == "global" {
            self = .global
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon] {
        case "model":
            guard !rest.isEmpty else { return nil }
            self = .model(ModelID(unescaped(rest)))
        case "user":
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            let user = rest[rest.index(after: slash)...]
            guard slash != rest.startIndex, !user.isEmpty else { return nil }
            self = .user(UserID(String(user)), model: ModelID(unescaped(rest[..<slash])))
        default: return nil
        }
    }
}

private func escaped(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
        switch scalar {
        case "%": result += "%25"
        case "/": result += "%2F"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func unescaped(_ name: Substring) -> String {
    var result = ""
    var rest = name.unicodeScalars[...]
    while let scalar = rest.popFirst() {
        if scalar == "%", rest.starts(with: "2F".unicodeScalars) {
            result += "/"
            rest = rest.dropFirst(2)
        } else if scalar == "%", rest.starts(with: "25".unicodeScalars) {
            result += "%"
            rest = rest.dropFirst(2)
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// How much risk, in words (SCORING.md 2.2).
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

/// The four bet sizes of a track, fastest first (SCORING.md 2.1).
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

/// What was seen of an entity in one closed tick; samples can be recomputed from these alone (SCORING.md 2.6).
package struct TickHistogram: Hashable, Sendable {
    /// Whose; a user or a model.
    package let entity: Entity
    /// Which tick.
    package let tick: Tick
    /// m: the scored queries of the tick, at least 1.
    package let queries: Int
    /// How many queries had rung 0, 1, … K, per calibrated detector, ordered by name.
    ///
    /// A query that the detector did not score is missing from the counts and bets e = 1. Empty when the model is uncalibrated.
    package let counts: [DetectorCounts]

    /// A histogram.
    package init(entity: Entity, tick: Tick, queries: Int, counts: [DetectorCounts]) {
        self.entity = entity
        self.tick = tick
        self.queries = queries
        self.counts = counts
    }
}

/// How many queries of a tick reached each rung of one detector.
package struct DetectorCounts: Hashable, Sendable {
    /// Which detector.
    package let detector: DetectorID
    /// The number of queries at rung 0, 1, … K; K + 1 cells.
    package var byRung: [Int]

    /// Counts.
    package init(detector: DetectorID, byRung: [Int]) {
        self.detector = detector
        self.byRung = byRung
    }
}

/// A named part of a score, in milli-points; negative parts lower it.
package struct Contribution: Hashable, Sendable {
    /// A detector, `unremarkable`, `limits`, `multiplicity`, `impact`, or (for roll-ups) an entity or `others`.
    package let name: String
    /// Milli-points.
    package let milliPoints: Int64

    /// A contribution.
    package init(name: String, milliPoints: Int64) {
        self.name = name
        self.milliPoints = milliPoints
    }
}

/// An entity's score, level and explanation at a tick.
package struct Sample: Hashable, Sendable {
    /// The place in the order of samples: 1, 2, … without gaps.
    package let id: Int64
    /// Whose.
    package let entity: Entity
    /// At the end of which tick.
    package let tick: Tick
    /// The scored queries of the tick; 0 for a level change on a quiet tick.
    package let queries: Int
    /// 0 ..< 100,000 milli-points.
    package let score: Int64
    /// nil: uncalibrated, never a guess.
    package let level: Level?
    /// The lane with the most evidence; nil for roll-ups and uncalibrated entities.
    package let lane: Lane?
    /// The lanes' evidence in units of 2^-20 bit, burst first; empty for the whole service and uncalibrated entities.
    package let lanes: [Int64]
    /// C: the combined evidence in units of 2^-20 bit.
    package let evidence: Int64
    /// Whether the score is a roll-up over members ("derived"), to which the false-alarm bound does not apply.
    package let isDerived: Bool
    /// Parts that sum to `score`, largest first.
    package let contributions: [Contribution]

    /// A sample.
    package init(
        id: Int64,
        entity: Entity,
        tick: Tick,
        queries: Int,
        score: Int64,
        level: Level?,
        lane: Lane?,
        lanes: [Int64],
        evidence: Int64,
        isDerived: Bool,
        contributions: [Contribution]
    ) {
        self.id = id
        self.entity = entity
        self.tick = tick
        self.queries = queries
        self.score = score
        self.level = level
        self.lane = lane
        self.lanes = lanes
        self.evidence = evidence
        self.isDerived = isDerived
        self.contributions = contributions
    }
}

/// An entity's level went from one to another at a tick.
package struct LevelChange: Hashable, Sendable {
    /// The sample that shows it.
    package let sample: Int64
    /// Whose.
    package let entity: Entity
    /// When.
    package let tick: Tick
    /// The level before.
    package let from: Level
    /// The level after.
    package let to: Level

    /// A change.
    package init(sample: Int64, entity: Entity, tick: Tick, from: Level, to: Level) {
        self.sample = sample
        self.entity = entity
        self.tick = tick
        self.from = from
        self.to = to
    }
}

/// A line that could not be used, kept so that nothing is dropped silently.
package struct DeadLetter: Hashable, Sendable {
    /// The durable id of the source that it came from.
    package let source: String
    /// The path that the source had.
    package let path: String
    /// Where the line starts, in (decompressed) bytes from the start of the source.
    package let offset: Int64
    /// The line's length in bytes, without its terminator.
    package let length: Int64
    /// A stable word such as `invalid_json`, `missing_field`, `bad_base64`, `too_long`, `unterminated`.
    package let reason: String
    /// The field at fault as a JSON Pointer, where there is one, and what was wrong.
    package let detail: String
    /// The first bytes of the line, at most 4,096.
    package let text: [UInt8]

    /// A dead letter.
    package init(
        source: String,
        path: String,
        offset: Int64,
        length: Int64,
        reason: String,
        detail: String,
        text: [UInt8]
    ) {
        self.source = source
        self.path = path
        self.offset = offset
        self.length = length
        self.reason = reason
        self.detail = detail
        self.text = text
    }
}
