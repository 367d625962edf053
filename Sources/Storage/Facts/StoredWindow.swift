package import Domain
import PostgresClient

/// What a model's sliding window of earlier inputs holds; a restart goes on with exactly this.
package struct StoredWindow: Hashable, Sendable {
    package let model: ModelID
    /// The sequence number of the oldest input that a next query may be compared with.
    package let first: Int64
    /// The newest event time that the window has seen, from which the age of inputs is measured.
    package let newest: Timestamp

    package init(model: ModelID, first: Int64, newest: Timestamp) {
        self.model = model
        self.first = first
        self.newest = newest
    }

    static func write(
        _ session: isolated PostgresSession,
        _ windows: [StoredWindow],
        forgotten: [ModelID]
    ) throws {
        for model in forgotten {
            try session.run("delete from riskd.history_window where model = \(model.name)")
        }
        for window in windows {
            try session.run(
                """
                insert into riskd.history_window (model, first_sequence, newest)
                values (\(window.model.name), \(window.first), \(window.newest.postgres))
                on conflict (model) do update set first_sequence = excluded.first_sequence,
                    newest = excluded.newest
                """
            )
        }
    }
}

extension Store {
    /// The windows of all models, ordered by model.
    ///
    /// - Returns: the windows.
    /// - Throws: `StorageError.database`.
    package func historyWindows() async throws(StorageError) -> [StoredWindow] {
        try await storing {
            try await session.query(
                "select model, first_sequence, newest from riskd.history_window order by model"
            ).map { row in
                var fields = row.fields
                return StoredWindow(
                    model: ModelID(try fields.next()),
                    first: try fields.next(),
                    newest: Timestamp(try fields.next(PostgresTimestamp.self))
                )
            }
        }
    }
}
