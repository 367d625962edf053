import Domain
import HTTPAPI
import Scoring

/// A list of which there may be more.
struct PageDocument<Item: Encodable & Sendable>: Encodable, Sendable {
    var asOf: String?
    let items: [Item]
    var next: String?
    var derivedFrom: [ContributionDocument]?
}

struct ContributionDocument: Encodable, Sendable {
    let name: String
    let points: Double
    /// What a high score of the detector means; nil where the part is no detector's.
    let meaning: String?

    init(_ part: Contribution) {
        name = part.name
        meaning = DetectorKind(of: DetectorID(part.name))?.meaning
        points = part.milliPoints.points
    }
}

struct LaneDocument: Encodable, Sendable {
    let lane: String
    let bits: Double

    static func list(_ units: [Int64]) -> [LaneDocument] {
        zip(Lane.allCases, units).map { LaneDocument(lane: $0.description, bits: $1.bits) }
    }
}

struct LevelScoresDocument: Encodable, Sendable {
    let low: Double
    let medium: Double
    let high: Double
    let critical: Double

    init(_ milliPoints: [Int64]) {
        low = milliPoints[0].points
        medium = milliPoints[1].points
        high = milliPoints[2].points
        critical = milliPoints[3].points
    }
}

struct ThresholdsDocument: Encodable, Sendable {
    let enter: LevelScoresDocument
    let exit: LevelScoresDocument
    let holdTicks: Int

    init(_ configuration: ScoringConfiguration) {
        enter = LevelScoresDocument(configuration.enter)
        exit = LevelScoresDocument(configuration.exit)
        holdTicks = configuration.hold
    }
}

struct LevelCountsDocument: Encodable, Sendable {
    let low: Int
    let medium: Int
    let high: Int
    let critical: Int

    init(_ counts: [Level: Int]) {
        low = counts[.low] ?? 0
        medium = counts[.medium] ?? 0
        high = counts[.high] ?? 0
        critical = counts[.critical] ?? 0
    }
}

struct ClearingDocument: Encodable, Sendable {
    let below: String
    var ticks: Int64?
    var seconds: Double?
    var at: String?
    let certain: Bool

    init(_ clearing: Clearing, _ snapshot: Standings.Snapshot) {
        below = clearing.below.description
        certain = clearing.ticks != nil
        guard let count = clearing.ticks else { return }
        ticks = count
        let length = snapshot.configuration.tickLength.wholeMilliseconds
        seconds = Double(count * length) / 1000
        at = snapshot.configuration.end(of: Tick(snapshot.tick.index + count)).description
    }
}

extension Int64 {
    /// Milli-points in points.
    var points: Double { Double(self) / 1000 }
    /// Units of 2^-20 bit in bits, to three digits.
    var bits: Double { (Double(self) / 1_048_576 * 1000).rounded() / 1000 }
}

extension Optional where Wrapped == Level {
    /// The level's word; never a guess.
    var word: String { self?.description ?? "uncalibrated" }
}

extension Entity {
    /// What people call it.
    var title: String {
        switch self {
        case .user, .campaign: name
        case .model(let model): model.name
        case .global: "service"
        }
    }
}
