package import Domain
import PostgresClient

extension HistoryEntry {
    /// The columns of `history_image`, in the order in which they are written; read without the first two.
    static let columns = [
        "vpart", "model", "sequence", "record_id", "user_name", "time", "height", "width", "channels",
        "pixels", "features",
        "label", "probability", "probabilities", "fractions", "sent", "label_index",
    ]

    init(_ row: PostgresRow) throws {
        var fields = row.fields
        try self.init(&fields)
    }

    /// Reads fifteen columns.
    init(_ fields: inout PostgresFields) throws {
        let number = try fields.next(Int64.self)
        sequence = number
        record = RecordID(try fields.next())
        user = UserID(try fields.next())
        time = Timestamp(try fields.next(PostgresTimestamp.self))
        let stored = try Image.read(&fields, number)
        features = try fields.next([UInt8]?.self).map(floats)
        let (label, probability) = (try fields.next(String.self), try fields.next(Double.self))
        let probabilities = try fields.next([Double]?.self)
        let (fractions, sent) = (try fields.next([UInt8]?.self), try fields.next([UInt8]?.self))
        image = try stored.map { try $0.with(fractions, sent, number) }
        prediction = Prediction(
            label: label,
            probability: probability,
            probabilities: probabilities,
            labelIndex: try fields.next(Int?.self)
        )
    }
}

extension Image {
    /// Reads height, width, channels and pixels; nil where all are null.
    fileprivate static func read(_ fields: inout PostgresFields, _ sequence: Int64) throws -> Image? {
        let sides = try (0..<3).map { _ in try fields.next(Int?.self) }
        guard let pixels = try fields.next([UInt8]?.self) else { return nil }
        let shape = ImageShape(height: sides[0] ?? 0, width: sides[1] ?? 0, channels: sides[2] ?? 0)
        guard pixels.count == shape.count else {
            throw StorageError.corrupt("the image of observation \(sequence) has another size than its shape")
        }
        return Image(shape: shape, pixels: pixels)
    }

    /// The image with what its values were between grey levels.
    fileprivate func with(_ fractions: [UInt8]?, _ sent: [UInt8]?, _ sequence: Int64) throws -> Image {
        guard fractions.map({ $0.count == shape.count }) ?? true,
            sent.map({ $0.count == Digest128.byteCount }) ?? true
        else { throw StorageError.corrupt("the values of observation \(sequence) do not fit its image") }
        return Image(
            shape: shape,
            pixels: pixels,
            fractions: fractions?.map { Int8(bitPattern: $0) },
            sent: sent.map { Digest128($0) }
        )
    }
}

/// The values of little-endian 32-bit floats.
private func floats(_ bytes: [UInt8]) throws -> [Float] {
    guard bytes.count % 4 == 0 else { throw StorageError.corrupt("features are no 32-bit floats") }
    return bytes.withUnsafeBytes { raw in
        stride(from: 0, to: raw.count, by: 4).map { offset in
            let bits = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: bits))
        }
    }
}

extension Store {
    /// The earlier inputs of a model, oldest first, a page of them.
    ///
    /// - Parameters:
    ///   - model: whose.
    ///   - first: the lowest sequence number.
    ///   - limit: how many at most.
    /// - Returns: the page; empty after the last.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func history(
        of model: ModelID,
        from first: Int64,
        limit: Int = 1000
    ) async throws(StorageError) -> [HistoryEntry] {
        let columns = HistoryEntry.columns.dropFirst(2).joined(separator: ", ")
        return try await storing {
            try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.history_image
                where model = \(model.name) and sequence >= \(first) order by sequence limit \(limit)
                """
            ).map(HistoryEntry.init)
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
                // A reader such as a backup may hold the table for long: then another time.
                try session.execute(unsafeSQL: "set local lock_timeout = '1s'")
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
