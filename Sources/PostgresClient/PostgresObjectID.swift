/// The object ids (`pg_type.oid`) of the types that cross the wire.
enum PostgresObjectID {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let timestamptz: UInt32 = 1184
    static let boolArray: UInt32 = 1000
    static let int8Array: UInt32 = 1016
    static let int2Array: UInt32 = 1005
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let float8Array: UInt32 = 1022
}
