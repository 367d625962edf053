import Domain
import Foundation

@testable import Scoring

/// What the executable reference computed; written by Vectors/make.py.
struct Golden: Decodable {
    let calibration: Calibrated
    let decay: [[Int64]]
    let worked: History
    let workedPlain: History
    let histories: [History]
    let ilog2: [[IntegerOrText]]
    let decayed: [[Int64]]
    let scores: [[Int64]]
    let rollups: [RollUpVector]
    let quantiles: [[Double]]

    struct Calibrated: Decodable {
        let u: [Double]
        let e: [Int64]
    }

    struct History: Decodable {
        let tables: [String: [Int64]]
        let criticality: Int64
        let steps: [Step]
        let idle: [Idle]
    }

    struct Step: Decodable {
        let tick: Int64
        let queries: [[Int]]
        let lanes: [Int64]
        let score: Int64
        let level: String
        let below: Int
        let ledgers: [[Part]]
        let explain: Explanation
    }

    struct Idle: Decodable {
        let tick: Int64
        let lanes: [Int64]
        let score: Int64
        let level: String
        let explain: Explanation

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            tick = try list.decode(Int64.self)
            lanes = try list.decode([Int64].self)
            score = try list.decode(Int64.self)
            level = try list.decode(String.self)
            explain = try list.decode(Explanation.self)
        }
    }

    struct Part: Decodable, Equatable {
        let name: String
        let units: Int64

        init(_ name: String, _ units: Int64) {
            self.name = name
            self.units = units
        }

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            name = try list.decode(String.self)
            units = try list.decode(Int64.self)
        }
    }

    struct Explanation: Decodable {
        let score: Int64
        let lane: String
        let parts: [Part]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            score = try list.decode(Int64.self)
            lane = try list.decode(String.self)
            parts = try list.decode([Part].self)
        }
    }

    struct RollUpVector: Decodable {
        let odds: [Int64]
        let criticality: Int64
        let rollUp: Int64
        let score: Int64

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            odds = try list.decode([Int64].self)
            criticality = try list.decode(Int64.self)
            rollUp = try list.decode(Int64.self)
            score = try list.decode(Int64.self)
        }
    }

    struct IntegerOrText: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let integer = try? value.decode(Int64.self) {
                text = String(integer)
            } else {
                text = try value.decode(String.self)
            }
        }
    }

    static let all: Result<Golden, any Error> = Result {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/golden.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }
}

/// A calibration with these tables, the rest of it made up.
func calibration(_ tables: [String: [Int64]], model: ModelID = ModelID("m")) throws -> Calibration {
    try Calibration(
        model: model,
        detectorConfiguration: "",
        delta: 0.01,
        detectors: tables.map { name, table in
            let rungs = table.count - 1
            return DetectorCalibration(
                detector: DetectorID(name),
                benign: 10_000,
                exceedances: (0..<rungs).map { rungs - $0 },
                thresholds: (0..<rungs).map { Double($0) },
                bounds: (0..<rungs).map { 0.1 / Double($0 + 1) },
                eValues: table
            )
        }
    )
}

/// The histogram of some queries, each a rung (or -1: not scored) per detector of the calibration.
func histogram(
    _ queries: [[Int]],
    _ calibration: Calibration,
    at tick: Int64,
    of entity: Entity = .user(UserID("u"), model: ModelID("m"))
) -> TickHistogram {
    let counts = calibration.detectors.enumerated().map { index, detector in
        var byRung = Array(repeating: 0, count: detector.eValues.count)
        for query in queries where query[index] >= 0 { byRung[query[index]] += 1 }
        return DetectorCounts(detector: detector.detector, byRung: byRung)
    }
    return TickHistogram(entity: entity, tick: Tick(tick), queries: queries.count, counts: counts)
}
