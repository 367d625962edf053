import PostgresClient
import Runtime

/// A table whose rows depend on the records and their order: facts, and how campaigns, alerts and calibrations stand.
package enum FactTable: String, CaseIterable, Sendable {
    case observation
    case tickHistogram = "tick_histogram"
    case sample
    case levelChange = "level_change"
    case deadLetter = "dead_letter"
    case historyImage = "history_image"
    case campaign
    case alert
    case alertEvent = "alert_event"
    case alertNotice = "alert_notice"
    case ownBaseline = "own_baseline"
    case calibrationHealth = "calibration_health"

    /// The table's name in the schema.
    package var name: String { rawValue }

    /// Whether its rows are facts, one partition for each day; how the others stand is kept by their ids.
    package var isPartitioned: Bool {
        switch self {
        case .observation, .tickHistogram, .sample, .levelChange, .deadLetter, .historyImage: true
        case .campaign, .alert, .alertEvent, .alertNotice, .ownBaseline, .calibrationHealth: false
        }
    }

    /// Every column but processing time and random ids, and an order that no two rows share.
    fileprivate var dump: (columns: String, order: String) {
        switch self {
        case .observation: ("*", "sequence")
        case .tickHistogram: ("*", "tick, entity_kind, model, entity_name")
        case .sample: ("*", "id")
        case .levelChange: ("*", "sample")
        // A source's id is chosen at random when its file is first met.
        case .deadLetter:
            ("path, position_offset, length, reason, detail, body", "path, position_offset, body")
        case .historyImage: ("*", "model, sequence")
        case .campaign: ("*", "model, id")
        case .alert: ("*", "id")
        case .alertEvent: ("*", "alert_id, number")
        case .alertNotice: ("*", "number")
        case .ownBaseline: ("*", "model, user_name, first_tick")
        case .calibrationHealth: ("*", "model, tick")
        }
    }
}

extension Store {
    /// Lends every row of a table as text, ordered by key; equal runs give equal text to the byte.
    ///
    /// - Parameters:
    ///   - table: which.
    ///   - line: gets every row in PostgreSQL's COPY text format, with its line feed; the first names the columns.
    /// - Throws: `StorageError.database`.
    package func dump(_ table: FactTable, _ line: @Sendable (String) -> Void) async throws(StorageError) {
        let (columns, order) = table.dump
        try await storing {
            try await session.copyOut(
                unsafeSQL: "select \(columns) from riskd.\(table.name) order by \(order)",
                line
            )
        }
    }

    /// Every row of a table as one text; see ``dump(_:_:)``.
    ///
    /// - Parameter table: which.
    /// - Returns: the lines.
    /// - Throws: `StorageError.database`.
    package func dump(_ table: FactTable) async throws(StorageError) -> String {
        let text = DumpText()
        try await dump(table) { text.append($0) }
        return text.take()
    }

    /// How many rows each fact table has.
    ///
    /// - Returns: counts by table.
    /// - Throws: `StorageError.database`.
    package func counts() async throws(StorageError) -> [FactTable: Int] {
        try await storing {
            var counts: [FactTable: Int] = [:]
            for table in FactTable.allCases {
                let rows = try await session.query("select count(*) from riskd.\(unsafeSQL: table.name)")
                counts[table] = try rows.first?.only(Int.self) ?? 0
            }
            return counts
        }
    }
}

/// Collects lines that come from the session's queue.
private final class DumpText: Sendable {
    private let lines = Locked("")

    func append(_ line: String) { lines.withLock { $0 += line } }

    func take() -> String { lines.withLock { $0 } }
}
