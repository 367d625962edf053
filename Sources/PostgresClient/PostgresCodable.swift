/// A value that travels to and from PostgreSQL in its binary format.
package protocol PostgresCodable: Sendable {
    /// The value as a parameter of a statement.
    var postgresParameter: PostgresParameter { get }
    /// Reads a column; nil when `field` holds something else.
    init?(postgresField field: PostgresField)
}

/// A type whose arrays travel as one PostgreSQL value; `UInt8` arrays are `bytea`.
package protocol PostgresArrayElement: Sendable {
    /// The array as a parameter of a statement.
    static func postgresParameter(_ elements: [Self]) -> PostgresParameter
    /// Reads an array; nil when `field` holds something else.
    static func array(postgresField field: PostgresField) -> [Self]?
}

/// A parameter in PostgreSQL's binary format.
package struct PostgresParameter: Hashable, Sendable {
    let type: UInt32
    let bytes: [UInt8]?

    init(type: UInt32, bytes: [UInt8]?) {
        self.type = type
        self.bytes = bytes
    }

    fileprivate init(type: UInt32, _ value: some FixedWidthInteger) {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: value)
        self.init(type: type, bytes: bytes)
    }
}

/// One column of one row, lent for the time of a decode.
package struct PostgresField {
    let type: UInt32
    /// nil: the SQL null.
    let bytes: UnsafeRawBufferPointer?

    fileprivate var integer: Int64? {
        guard let bytes else { return nil }
        return postgresInteger(bytes, type)
    }

    fileprivate func array<Element>(_ decode: (UnsafeRawBufferPointer, UInt32) -> Element?) -> [Element]? {
        guard let bytes else { return nil }
        var reader = BinaryReader(bytes)
        guard let elements = reader.array(decode), reader.isAtEnd else { return nil }
        return elements
    }
}

private func postgresInteger(_ bytes: UnsafeRawBufferPointer, _ type: UInt32) -> Int64? {
    var reader = BinaryReader(bytes)
    return switch type {
    case PostgresObjectID.int2: reader.integer(Int16.self).map(Int64.init)
    case PostgresObjectID.int4: reader.integer(Int32.self).map(Int64.init)
    case PostgresObjectID.int8: reader.integer(Int64.self)
    default: nil
    }
}

private func postgresDouble(_ bytes: UnsafeRawBufferPointer, _ type: UInt32) -> Double? {
    var reader = BinaryReader(bytes)
    return switch type {
    case PostgresObjectID.float8: reader.integer(UInt64.self).map(Double.init(bitPattern:))
    case PostgresObjectID.float4: reader.integer(UInt32.self).map { Double(Float(bitPattern: $0)) }
    default: nil
    }
}

extension Int64: PostgresCodable {
    package var postgresParameter: PostgresParameter { PostgresParameter(type: PostgresObjectID.int8, self) }
    package init?(postgresField field: PostgresField) {
        guard let value = field.integer else { return nil }
        self = value
    }
}

extension Int: PostgresCodable {
    package var postgresParameter: PostgresParameter { Int64(self).postgresParameter }
    package init?(postgresField field: PostgresField) {
        guard let value = field.integer else { return nil }
        self.init(value)
    }
}

extension Int16: PostgresCodable {
    package var postgresParameter: PostgresParameter { PostgresParameter(type: PostgresObjectID.int2, self) }
    package init?(postgresField field: PostgresField) {
        guard let value = field.integer else { return nil }
        self.init(exactly: value)
    }
}

extension Bool: PostgresCodable {
    package var postgresParameter: PostgresParameter {
        PostgresParameter(type: PostgresObjectID.bool, bytes: [self ? 1 : 0])
    }
    package init?(postgresField field: PostgresField) {
        guard field.type == PostgresObjectID.bool, let bytes = field.bytes, bytes.count == 1 else {
            return nil
        }
        self = bytes[0] != 0
    }
}

extension Double: PostgresCodable {
    package var postgresParameter: PostgresParameter {
        PostgresParameter(type: PostgresObjectID.float8, bitPattern)
    }
    package init?(postgresField field: PostgresField) {
        guard let bytes = field.bytes, let value = postgresDouble(bytes, field.type) else { return nil }
        self = value
    }
}

extension String: PostgresCodable {
    package var postgresParameter: PostgresParameter {
        PostgresParameter(type: PostgresObjectID.text, bytes: Array(utf8))
    }
    package init?(postgresField field: PostgresField) {
        guard let bytes = field.bytes else { return nil }
        self.init(validating: bytes, as: UTF8.self)
    }
}

extension Optional: PostgresCodable where Wrapped: PostgresCodable & PostgresNullable {
    package var postgresParameter: PostgresParameter {
        switch self {
        case .some(let value): value.postgresParameter
        case .none: PostgresParameter(type: Wrapped.postgresNullType, bytes: nil)
        }
    }
    package init?(postgresField field: PostgresField) {
        if field.bytes == nil {
            self = .none
        } else {
            guard let value = Wrapped(postgresField: field) else { return nil }
            self = value
        }
    }
}

/// A type whose null has a type of its own on the wire.
package protocol PostgresNullable {
    /// The object id that a null parameter is declared with; 0 lets the server infer it.
    static var postgresNullType: UInt32 { get }
}

extension Int64: PostgresNullable { package static var postgresNullType: UInt32 { PostgresObjectID.int8 } }
extension Int: PostgresNullable { package static var postgresNullType: UInt32 { PostgresObjectID.int8 } }
extension Int16: PostgresNullable { package static var postgresNullType: UInt32 { PostgresObjectID.int2 } }
extension Bool: PostgresNullable { package static var postgresNullType: UInt32 { PostgresObjectID.bool } }
extension Double: PostgresNullable { package static var postgresNullType: UInt32 { PostgresObjectID.float8 } }
extension String: PostgresNullable { package static var postgresNullType: UInt32 { PostgresObjectID.text } }
extension Array: PostgresNullable where Element: PostgresArrayElement {
    package static var postgresNullType: UInt32 { 0 }
}

extension Array: PostgresCodable where Element: PostgresArrayElement {
    package var postgresParameter: PostgresParameter { Element.postgresParameter(self) }
    package init?(postgresField field: PostgresField) {
        guard let elements = Element.array(postgresField: field) else { return nil }
        self = elements
    }
}

extension UInt8: PostgresArrayElement {
    package static func postgresParameter(_ elements: [UInt8]) -> PostgresParameter {
        PostgresParameter(type: PostgresObjectID.bytea, bytes: elements)
    }
    package static func array(postgresField field: PostgresField) -> [UInt8]? {
        guard field.type == PostgresObjectID.bytea, let bytes = field.bytes else { return nil }
        return Array(bytes)
    }
}

extension Int64: PostgresArrayElement {
    package static func postgresParameter(_ elements: [Int64]) -> PostgresParameter {
        var bytes: [UInt8] = []
        bytes.append(array: elements, type: PostgresObjectID.int8) { $0.append(bigEndian: $1) }
        return PostgresParameter(type: PostgresObjectID.int8Array, bytes: bytes)
    }
    package static func array(postgresField field: PostgresField) -> [Int64]? {
        field.array(postgresInteger)
    }
}

extension Int: PostgresArrayElement {
    package static func postgresParameter(_ elements: [Int]) -> PostgresParameter {
        Int64.postgresParameter(elements.map(Int64.init))
    }
    package static func array(postgresField field: PostgresField) -> [Int]? {
        field.array(postgresInteger)?.map { Int($0) }
    }
}

extension Double: PostgresArrayElement {
    package static func postgresParameter(_ elements: [Double]) -> PostgresParameter {
        var bytes: [UInt8] = []
        bytes.append(array: elements, type: PostgresObjectID.float8) { $0.append(bigEndian: $1.bitPattern) }
        return PostgresParameter(type: PostgresObjectID.float8Array, bytes: bytes)
    }
    package static func array(postgresField field: PostgresField) -> [Double]? {
        field.array(postgresDouble)
    }
}

extension Bool: PostgresArrayElement {
    package static func postgresParameter(_ elements: [Bool]) -> PostgresParameter {
        var bytes: [UInt8] = []
        bytes.append(array: elements, type: PostgresObjectID.bool) { $0.append($1 ? 1 : 0) }
        return PostgresParameter(type: PostgresObjectID.boolArray, bytes: bytes)
    }
    package static func array(postgresField field: PostgresField) -> [Bool]? {
        field.array { bytes, _ in bytes.first.map { $0 != 0 } }
    }
}

extension String: PostgresArrayElement {
    package static func postgresParameter(_ elements: [String]) -> PostgresParameter {
        var bytes: [UInt8] = []
        bytes.append(array: elements, type: PostgresObjectID.text) { $0.append(contentsOf: $1.utf8) }
        return PostgresParameter(type: PostgresObjectID.textArray, bytes: bytes)
    }
    package static func array(postgresField field: PostgresField) -> [String]? {
        field.array { bytes, _ in String(validating: bytes, as: UTF8.self) }
    }
}

/// An instant as PostgreSQL's `timestamptz`, in milliseconds since 1970-01-01T00:00:00Z.
package struct PostgresTimestamp: Hashable, Sendable, PostgresCodable, PostgresNullable {
    /// Milliseconds since the Unix epoch; what PostgreSQL cannot hold becomes its infinities.
    package let milliseconds: Int64

    /// The instant `milliseconds` after the Unix epoch.
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package var postgresParameter: PostgresParameter {
        PostgresParameter(
            type: PostgresObjectID.timestamptz,
            postgresMicroseconds(fromMilliseconds: milliseconds)
        )
    }
    package init?(postgresField field: PostgresField) {
        guard field.type == PostgresObjectID.timestamptz, let bytes = field.bytes else { return nil }
        var reader = BinaryReader(bytes)
        guard let value = reader.integer(Int64.self) else { return nil }
        milliseconds = PostgresClient.milliseconds(fromPostgresMicroseconds: value)
    }
    package static var postgresNullType: UInt32 { PostgresObjectID.timestamptz }
}
