import Domain
import PostgresClient

/// The changed tracks of a batch.
struct TrackRows: Sendable {
    static let columns = [
        "vpart", "kind", "model", "entity_name", "rollup", "lanes", "ledger_lanes", "ledger_names",
        "ledger_values",
        "level", "below", "tick", "seen", "pinned", "stream_detectors", "stream_lanes", "stream_gains",
        "stream_losses", "stream_memories", "price",
    ]
    private var rows = CopyRows()

    init(_ tracks: [StoredTrack]) {
        for track in tracks {
            let lanes = track.ledgers.enumerated().flatMap { lane, ledger in ledger.map { _ in Int16(lane) } }
            let entries = track.ledgers.flatMap { $0 }
            rows.append { row in
                row.int2(track.entity.virtualPartition)
                row.entity(track.entity)
                row.bool(track.isRollup)
                row.int8Array(track.lanes)
                row.int2Array(lanes)
                row.textArray(entries.map(\.name))
                row.int8Array(entries.map(\.value))
                row.int2(Int16(clamping: track.level))
                row.int4(track.below)
                row.optional(track.tick) { $0.int8($1) }
                row.optional(track.seen) { $0.int8($1) }
                row.optional(track.pinned) { $0.int2(Int16(clamping: $1)) }
                row.textArray(track.streams.map(\.detector.name))
                row.int8Array(track.streams.flatMap(\.lanes))
                row.int8Array(track.streams.flatMap(\.gains))
                row.int8Array(track.streams.flatMap(\.losses))
                row.int8Array(track.streams.map(\.memory))
                row.int8(track.price)
            }
        }
    }

    /// Writes tracks into a table that holds none of them.
    func insert(_ session: isolated PostgresSession, into table: String) throws {
        try session.copy(into: table, columns: Self.columns, rows: rows)
    }

    /// Writes new tracks and replaces old ones: COPY cannot do that, so it goes through a temporary table.
    func upsert(_ session: isolated PostgresSession) throws {
        guard !rows.isEmpty else { return }
        let key = Self.columns.prefix(5)
        let rest = Self.columns.dropFirst(5)
        try session.execute(
            unsafeSQL: """
                create temporary table if not exists track_batch (like riskd.track including storage)
                on commit delete rows
                """
        )
        try session.copy(into: "track_batch", columns: Self.columns, rows: rows)
        let names = Self.columns.joined(separator: ", ")
        try session.execute(
            unsafeSQL: """
                insert into riskd.track (\(names)) select \(names) from track_batch
                on conflict (\(key.joined(separator: ", "))) do update
                set \(rest.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
                """
        )
    }
}

extension StoredTrack {
    /// Reads a row of ``TrackRows/columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        _ = try fields.next(Int16.self)
        let entity = try Entity.read(&fields)
        let isRollup = try fields.next(Bool.self)
        let lanes = try fields.next([Int64].self)
        let places = try fields.next([Int].self)
        let names = try fields.next([String].self)
        let values = try fields.next([Int64].self)
        var ledgers = [[LedgerEntry]](repeating: [], count: lanes.count)
        guard places.count == names.count, places.count == values.count else {
            throw StorageError.corrupt("the ledgers of \(entity) are not parallel")
        }
        for (place, (name, value)) in zip(places, zip(names, values)) {
            guard ledgers.indices.contains(place) else {
                throw StorageError.corrupt("a ledger of \(entity) belongs to no lane")
            }
            ledgers[place].append(LedgerEntry(name: name, value: value))
        }
        let (level, below) = (try fields.next(Int.self), try fields.next(Int.self))
        let (tick, seen) = (try fields.next(Int64?.self), try fields.next(Int64?.self))
        let pinned = try fields.next(Int?.self)
        let streams = try Stream.read(&fields, of: entity)
        self.init(
            entity: entity,
            isRollup: isRollup,
            lanes: lanes,
            ledgers: ledgers,
            level: level,
            below: below,
            tick: tick,
            seen: seen,
            pinned: pinned,
            streams: streams,
            price: try fields.next()
        )
    }
}

extension StoredTrack.Stream {
    /// Reads five columns: detectors, and, flattened, lanes, gains, losses and memories.
    fileprivate static func read(_ fields: inout PostgresFields, of entity: Entity) throws -> [Self] {
        let detectors = try fields.next([String].self)
        let values = try (0..<3).map { _ in try fields.next([Int64].self) }
        let memories = try fields.next([Int64].self)
        guard memories.count == detectors.count,
            values.allSatisfy({ $0.count == detectors.count * lanes })
        else { throw StorageError.corrupt("the streams of \(entity) do not fit its detectors") }
        return detectors.indices.map { index in
            let part = { (values: [Int64]) in Array(values[index * lanes..<(index + 1) * lanes]) }
            return Self(
                detector: DetectorID(detectors[index]),
                lanes: part(values[0]),
                gains: part(values[1]),
                losses: part(values[2]),
                memory: memories[index]
            )
        }
    }
}

extension Entity {
    /// Reads three columns: kind, model, and the name of the user or number of the campaign.
    static func read(_ fields: inout PostgresFields) throws -> Entity {
        let kind = try fields.next(String.self)
        let model = ModelID(try fields.next())
        let name = try fields.next(String.self)
        switch kind {
        case "user": return .user(UserID(name), model: model)
        case "campaign":
            guard let id = Int64(name) else { throw StorageError.corrupt("a campaign named \(name)") }
            return .campaign(id, model: model)
        case "model": return .model(model)
        case "global": return .global
        default: throw StorageError.corrupt("an entity of kind \(kind)")
        }
    }
}
