/// Rows in the binary format of `COPY`, built in memory.
///
/// Each value must be written with exactly the type of its column: `COPY BINARY` converts nothing.
package struct CopyRows: Sendable {
    private(set) var bytes: [UInt8]
    /// How many rows there are.
    package private(set) var count = 0

    /// No rows yet.
    package init() {
        bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Int32(0))
    }

    /// Whether there are no rows.
    package var isEmpty: Bool { count == 0 }

    /// Adds one row.
    ///
    /// - Parameter body: writes the columns in the order in which `copy(into:columns:rows:)` names them.
    package mutating func append(_ body: (inout CopyRow) -> Void) {
        let start = bytes.count
        bytes.append(bigEndian: Int16(0))
        // Exchanged, not assigned: a second reference would copy all rows for every row.
        var row = CopyRow()
        swap(&row.bytes, &bytes)
        body(&row)
        swap(&row.bytes, &bytes)
        bytes.overwrite(bigEndian: row.count, at: start)
        count += 1
    }

    /// The rows and the trailer that ends them.
    consuming func finished() -> [UInt8] {
        bytes.append(bigEndian: Int16(-1))
        return bytes
    }
}

/// One row that is being written.
package struct CopyRow {
    fileprivate var bytes: [UInt8] = []
    fileprivate var count: Int16 = 0

    fileprivate init() {}

    private mutating func field(_ body: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.append(bigEndian: Int32(0))
        body(&bytes)
        bytes.overwrite(bigEndian: Int32(bytes.count - start - 4), at: start)
        count += 1
    }

    /// Writes the SQL null.
    package mutating func null() {
        bytes.append(bigEndian: Int32(-1))
        count += 1
    }

    /// Writes `value` with `write`, or the SQL null.
    package mutating func optional<Value>(_ value: Value?, _ write: (inout CopyRow, Value) -> Void) {
        if let value { write(&self, value) } else { null() }
    }

    /// Writes a `smallint`.
    package mutating func int2(_ value: Int16) { field { $0.append(bigEndian: value) } }
    /// Writes an `integer`.
    package mutating func int4(_ value: Int32) { field { $0.append(bigEndian: value) } }
    /// Writes a `bigint`.
    package mutating func int8(_ value: Int64) { field { $0.append(bigEndian: value) } }
    /// Writes a `double precision`.
    package mutating func float8(_ value: Double) { field { $0.append(bigEndian: value.bitPattern) } }
    /// Writes a `boolean`.
    package mutating func bool(_ value: Bool) { field { $0.append(value ? 1 : 0) } }
    /// Writes a `text`; the server refuses U+0000.
    package mutating func text(_ value: String) { field { $0.append(contentsOf: value.utf8) } }
    /// Writes a `bytea`.
    package mutating func bytes(_ value: [UInt8]) { field { $0.append(contentsOf: value) } }
    /// Writes a `timestamptz` from milliseconds since 1970.
    package mutating func timestamp(milliseconds: Int64) {
        field { $0.append(bigEndian: postgresMicroseconds(fromMilliseconds: milliseconds)) }
    }
    /// Writes a `smallint[]`.
    package mutating func int2Array(_ values: [Int16]) {
        field { $0.append(array: values, type: PostgresObjectID.int2) { $0.append(bigEndian: $1) } }
    }
    /// Writes an `integer[]`.
    package mutating func int4Array(_ values: [Int32]) {
        field { $0.append(array: values, type: PostgresObjectID.int4) { $0.append(bigEndian: $1) } }
    }
    /// Writes a `bigint[]`.
    package mutating func int8Array(_ values: [Int64]) {
        field { $0.append(array: values, type: PostgresObjectID.int8) { $0.append(bigEndian: $1) } }
    }
    /// Writes a `double precision[]`.
    package mutating func float8Array(_ values: [Double]) {
        field {
            $0.append(array: values, type: PostgresObjectID.float8) { $0.append(bigEndian: $1.bitPattern) }
        }
    }
    /// Writes a `boolean[]`.
    package mutating func boolArray(_ values: [Bool]) {
        field { $0.append(array: values, type: PostgresObjectID.bool) { $0.append($1 ? 1 : 0) } }
    }
    /// Writes a `text[]`.
    package mutating func textArray(_ values: [String]) {
        field { $0.append(array: values, type: PostgresObjectID.text) { $0.append(contentsOf: $1.utf8) } }
    }
}
