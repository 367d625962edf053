import Domain
package import Runtime
package import Scoring
package import Storage

/// What was stated of false alarms, beside what was seen: question A10 of auditors.
package enum FalseAlarmRecord {
    /// The columns that the dataset `false_alarms` has, and after them what is stated.
    package static let columns = [
        "time", "model", "entity_kind", "level", "queries", "entries", "alerts", "attack", "benign", "test",
        "unknown",
        "unjudged", "stated_bound",
    ]

    /// The rows.
    ///
    /// - Parameters:
    ///   - selection: which.
    ///   - store: the database.
    ///   - configuration: the scoring model in force now, by which bounds are stated.
    /// - Returns: values in the order of ``columns``; the bound is how many entries that many queries of ordinary traffic
    ///   have at most in expectation, and null for tracks that roll up others.
    /// - Throws: `StorageError`.
    package static func rows(
        _ selection: AuditSelection,
        _ store: Store,
        _ configuration: ScoringConfiguration
    ) async throws(StorageError) -> [[JSONValue]] {
        guard let dataset = AuditDataset.named("false_alarms") else { return [] }
        let rows = try await store.auditRows(dataset, selection, limit: 100_000)
        return rows.map { row in
            let values = row.values
            let numbers = values.dropFirst(4).map { JSONValue.integer(Int64($0) ?? 0) }
            let level = Level.allCases.first { $0.description == values[3] } ?? .info
            // The service's own track has the weight of no model.
            let criticality = values[1].isEmpty ? 1000 : configuration.criticality(of: ModelID(values[1]))
            let bound = configuration.falseAlarmBound(entering: level, criticality: criticality).map {
                perMillion in
                JSONValue.number(
                    ScoringConfiguration.threeDigits(perMillion * (Double(values[4]) ?? 0) / 1_000_000)
                )
            }
            return values.prefix(4).map { JSONValue.string($0) } + numbers + [bound ?? .null]
        }
    }
}
