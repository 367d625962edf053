import Domain
import PostgresClient

extension StoredSample {
    /// The columns of `sample`, in the order in which they are written and read.
    static let columns = [
        "vpart", "time", "id", "entity_kind", "model", "entity_name", "tick", "queries", "score", "level",
        "lane",
        "lanes", "evidence", "derived", "contribution_names", "contribution_values", "config_id",
        "calibration_id", "pinned",
    ]

    /// Reads a row of ``columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        _ = try fields.next(Int16.self)
        time = Timestamp(try fields.next(PostgresTimestamp.self))
        let id = try fields.next(Int64.self)
        let entity = try Entity.read(&fields)
        let tick = Tick(try fields.next())
        let queries = try fields.next(Int.self)
        let score = try fields.next(Int64.self)
        let level = try fields.next(Int?.self).map { try Level(stored: $0) }
        let lane = try fields.next(Int?.self).map { number in
            guard let lane = Lane(rawValue: number) else { throw StorageError.corrupt("lane \(number)") }
            return lane
        }
        let lanes = try fields.next([Int64].self)
        let evidence = try fields.next(Int64.self)
        let isDerived = try fields.next(Bool.self)
        let names = try fields.next([String].self)
        let values = try fields.next([Int64].self)
        configurationID = try fields.next()
        calibrationID = try fields.next()
        let pinned = try fields.next(Int?.self).map { try Level(stored: $0) }
        sample = Sample(
            id: id,
            entity: entity,
            tick: tick,
            queries: queries,
            score: score,
            level: level,
            pinned: pinned,
            lane: lane,
            lanes: lanes,
            evidence: evidence,
            isDerived: isDerived,
            contributions: zip(names, values).map { Contribution(name: $0, milliPoints: $1) }
        )
    }
}

extension Level {
    init(stored number: Int) throws {
        guard let level = Level(rawValue: number) else { throw StorageError.corrupt("level \(number)") }
        self = level
    }
}

extension TickHistogram {
    static let columns =
        "entity_kind, model, entity_name, tick, queries, detectors, cells, counts, calibration_id, steps"

    /// Reads a row of ``columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        let entity = try Entity.read(&fields)
        let tick = Tick(try fields.next())
        let queries = try fields.next(Int.self)
        let detectors = try fields.next([String].self)
        let cells = try fields.next([Int].self)
        var rest = try fields.next([Int].self)[...]
        guard detectors.count == cells.count, cells.allSatisfy({ $0 >= 0 }), cells.reduce(0, +) == rest.count
        else {
            throw StorageError.corrupt("the counts of \(entity) at tick \(tick) do not fit its detectors")
        }
        let counts = zip(detectors, cells).map { detector, count in
            defer { rest = rest.dropFirst(count) }
            return DetectorCounts(detector: DetectorID(detector), byRung: Array(rest.prefix(count)))
        }
        let calibration = try fields.next(String?.self)
        let bytes = try fields.next([UInt8]?.self)
        let steps = bytes.map { StepRuns.steps($0, detectors: counts.count, queries: queries) }
        if let steps, steps == nil {
            throw StorageError.corrupt("the steps of \(entity) at tick \(tick) do not fit its queries")
        }
        self.init(
            entity: entity,
            tick: tick,
            queries: queries,
            counts: counts,
            calibration: calibration,
            steps: (steps ?? []) ?? []
        )
    }
}
