package import Domain
import PostgresClient

extension HistoryEntry {
    /// The columns of `history_image`, in the order in which they are written; read without the first two.
    static let columns = [
        "vpart", "model", "sequence", "record_id", "user_name", "time", "height", "width", "channels",
        "pixels",
        "label", "probability", "probabilities",
    ]

    init(_ row: PostgresRow) throws {
        var fields = row.fields
        sequence = try fields.next()
        record = RecordID(try fields.next())
        user = UserID(try fields.next())
        time = Timestamp(try fields.next(PostgresTimestamp.self))
        let shape = ImageShape(
            height: try fields.next(),
            width: try fields.next(),
            channels: try fields.next()
        )
        let pixels = try fields.next([UInt8].self)
        guard pixels.count == shape.count else {
            throw StorageError.corrupt("the image of observation \(sequence) has another size than its shape")
        }
        image = Image(shape: shape, pixels: pixels)
        prediction = Prediction(
            label: try fields.next(),
            probability: try fields.next(),
            probabilities: try fields.next([Double]?.self)
        )
    }
}

extension Store {
    /// The models that similarity remembers inputs of, ordered by name.
    ///
    /// - Returns: the models.
    /// - Throws: `StorageError.database`.
    package func historyModels() async throws(StorageError) -> [ModelID] {
        try await storing {
            try await session.query("select distinct model from riskd.history_image order by model").map {
                ModelID(try $0.only())
            }
        }
    }

    /// Lends the newest inputs of a model, oldest first, page by page.
    ///
    /// - Parameters:
    ///   - model: whose.
    ///   - limit: how many at most.
    ///   - pageSize: how many are in memory at once.
    ///   - body: takes a page.
    /// - Throws: `StorageError`.
    package func history(
        of model: ModelID,
        limit: Int,
        pageSize: Int = 1000,
        _ body: ([HistoryEntry]) async throws -> Void
    ) async throws(StorageError) {
        guard limit > 0 else { return }
        let columns = HistoryEntry.columns.dropFirst(2).joined(separator: ", ")
        try await storing {
            var after =
                try await session.query(
                    """
                    select sequence from riskd.history_image where model = \(model.name)
                    order by sequence desc offset \(limit) limit 1
                    """
                ).first?.only(Int64.self) ?? .min
            while true {
                let rows = try await session.query(
                    """
                    select \(unsafeSQL: columns) from riskd.history_image
                    where model = \(model.name) and sequence > \(after) order by sequence limit \(pageSize)
                    """
                )
                let entries = try rows.map(HistoryEntry.init)
                guard let last = entries.last else { return }
                after = last.sequence
                try await body(entries)
            }
        }
    }

    /// Forgets old inputs of a model, and drops days that nothing is left of.
    ///
    /// - Parameters:
    ///   - model: whose.
    ///   - first: the sequence number of the first input that is kept.
    /// - Returns: how many inputs were forgotten.
    /// - Throws: `StorageError`.
    @discardableResult
    package func pruneHistory(
        of model: ModelID,
        keepingFrom first: Int64
    ) async throws(StorageError) -> Int {
        let (count, dropped) = try await storing {
            try await session.transaction { session in
                let count = try session.run(
                    "delete from riskd.history_image where model = \(model.name) and sequence < \(first)"
                )
                var dropped: [String] = []
                guard count > 0 else { return (count, dropped) }
                // The newest day may still be written to.
                let names = try session.query(
                    """
                    select relname::text from pg_inherits join pg_class on pg_class.oid = inhrelid
                    where inhparent = 'riskd.history_image'::regclass order by relname desc offset 1
                    """
                ).map { try $0.only(String.self) }
                for name in names {
                    let isEmpty = try session.query(
                        "select not exists (select from riskd.\(unsafeSQL: name))"
                    ).first?.only(Bool.self)
                    guard isEmpty == true else { continue }
                    try session.execute(unsafeSQL: "drop table riskd.\(name)")
                    dropped.append(name)
                }
                return (count, dropped)
            }
        }
        partitions = partitions.filter { !dropped.contains($0.name) }
        return count
    }
}
