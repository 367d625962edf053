import CAssets

/// A numbered change of the schema, part of the program.
package struct Migration: Hashable, Sendable {
    /// Its place: 1, 2 and so on.
    package let number: Int
    /// The file's name, such as `0001_pipeline.sql`.
    package let name: String
    /// The statements.
    package let sql: String

    /// All migrations, in order.
    package static let all: [Migration] = (0..<riskd_migration_count()).map { index in
        let asset = riskd_migration(index)
        let bytes = UnsafeBufferPointer(start: asset.bytes, count: asset.count)
        return Migration(
            number: index + 1,
            name: String(cString: asset.name),
            sql: String(decoding: bytes, as: UTF8.self)
        )
    }
}
