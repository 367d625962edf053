import Domain
import Foundation

@testable import Scoring

/// What the executable reference of riskd-edet-2 computed; written by Vectors/edet2.py.
struct Golden2: Decodable {
    let decay: [[Int64]]
    let histories: [History]

    struct History: Decodable {
        let calibrations: [Usual]
        let criticality: Int64
        let steps: [Step]
        let idle: [Seen]
    }

    /// A calibration; one that does not bet by the query is of the edition before.
    struct Usual: Decodable {
        let byQuery: Bool
        let detectors: [String: Table]
    }

    struct Table: Decodable {
        let rungs: [Int]
        let inverses: [[Int64]]
        let e: [Int64]
    }

    struct Step: Decodable {
        let calibration: Int
        let codes: [[UInt8]]
        let seen: Seen

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            calibration = try values.decode(Int.self, forKey: .calibration)
            codes = try values.decode([[UInt8]].self, forKey: .codes)
            seen = try Seen(from: decoder)
        }

        enum Key: String, CodingKey { case calibration, codes }
    }

    /// All that can be read of a track at a tick.
    struct Seen: Decodable, Equatable {
        let tick: Int64
        let price: Int64
        let evidence: Int64
        let score: Int64
        let horizons: [Int64]
        let level: String
        let below: Int
        let means: [Int64]
        let streams: [Stream]
        let explain: Explanation
    }

    struct Stream: Decodable, Equatable {
        let name: String
        let lanes: [Int64]
        let gains: [Int64]
        let losses: [Int64]
        let memory: Int64
    }

    struct Explanation: Decodable, Equatable {
        let lane: String
        let parts: [Golden.Part]
    }

    static let all: Result<Golden2, any Error> = Result {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/golden2.json")
        return try JSONDecoder().decode(Golden2.self, from: Data(contentsOf: url))
    }
}

extension Golden2.Stream {
    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        name = try list.decode(String.self)
        lanes = try list.decode([Int64].self)
        gains = try list.decode([Int64].self)
        losses = try list.decode([Int64].self)
        memory = try list.decode(Int64.self)
    }
}

extension Golden2.Explanation {
    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        lane = try list.decode(String.self)
        parts = try list.decode([Golden.Part].self)
    }
}

extension Golden2.Seen {
    /// Of a track of riskd's own.
    init(_ track: Track, at tick: Int64, criticality: Int64, _ configuration: ScoringConfiguration) {
        self.init(
            tick: tick,
            price: track.price,
            evidence: track.evidence(at: Tick(tick), configuration),
            score: track.score(at: Tick(tick), criticality: criticality, configuration),
            horizons: track.lanes(at: Tick(tick), configuration),
            level: track.level.description,
            below: track.below,
            means: track.lanes,
            streams: track.streams.map { stream in
                Golden2.Stream(
                    name: stream.detector.name,
                    lanes: stream.lanes,
                    gains: stream.gains,
                    losses: stream.losses,
                    memory: stream.memory
                )
            },
            explain: Golden2.Explanation(
                lane: track.lane(at: Tick(tick), configuration).description,
                parts: track.explain(at: Tick(tick), criticality: criticality, configuration)
                    .map { Golden.Part($0.name, $0.milliPoints) }
            )
        )
    }
}

extension Golden2.Usual {
    /// As riskd's own calibration.
    var calibration: Calibration {
        get throws {
            try Calibration(
                model: ModelID("m"),
                detectorConfiguration: "",
                delta: 0.01,
                detectors: detectors.map { name, table in
                    bettingDetector(
                        name,
                        table: table.e,
                        byQuery
                            ? BetTable(rungs: table.rungs, inverses: table.inverses, pairs: 0, worth: 0) : nil
                    )
                }
            )
        }
    }
}

/// A detector with these e-values and bets, the rest of it made up.
func bettingDetector(_ name: String, table: [Int64], _ bets: BetTable?) -> DetectorCalibration {
    let rungs = table.count - 1
    return DetectorCalibration(
        detector: DetectorID(name),
        benign: 10_000,
        exceedances: (0..<rungs).map { rungs - $0 },
        thresholds: (0..<rungs).map { Double($0) },
        bounds: (0..<rungs).map { 0.1 / Double($0 + 1) },
        eValues: table,
        bets: bets
    )
}

/// The histogram of queries that came in this order: a list of codes for each detector of the calibration.
func histogram(
    steps: [[StepCode]],
    _ calibration: Calibration,
    at tick: Int64,
    of entity: Entity = .user(UserID("u"), model: ModelID("m"))
) -> TickHistogram {
    let counts = zip(calibration.detectors, steps).map { detector, codes in
        var byRung = Array(repeating: 0, count: detector.eValues.count)
        for code in codes { if let rung = code.rung { byRung[rung] += 1 } }
        return DetectorCounts(detector: detector.detector, byRung: byRung)
    }
    return TickHistogram(
        entity: entity,
        tick: Tick(tick),
        queries: steps.first?.count ?? 0,
        counts: counts,
        steps: calibration.betsByQuery ? steps : []
    )
}
