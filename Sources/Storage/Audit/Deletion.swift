package import Domain
import PostgresClient

/// What was deleted of a table.
package struct Deletion: Hashable, Sendable {
    /// The table's name.
    package let dataset: String
    /// What is older is gone.
    package let before: Timestamp
    /// How many rows there were.
    package let rows: Int

    /// Writes it down in the caller's transaction.
    func write(_ session: isolated PostgresSession, rule: String, detail: String, at now: Timestamp) throws {
        try session.run(
            """
            insert into riskd.deletion (time, rule, dataset, before, rows, detail)
            values (\(now.postgres), \(rule), \(dataset), \(before.postgres), \(rows), \(detail))
            """
        )
    }
}
