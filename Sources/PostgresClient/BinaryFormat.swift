/// PostgreSQL's binary format: big-endian numbers, arrays as header and length-prefixed elements.
extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func overwrite(bigEndian value: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: value.bigEndian) { bytes in
            for (index, byte) in bytes.enumerated() { self[offset + index] = byte }
        }
    }

    /// Appends a one-dimensional array without nulls; `element` writes an element without its length.
    mutating func append<Item>(
        array elements: [Item],
        type: UInt32,
        _ element: (inout [UInt8], Item) -> Void
    ) {
        append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
        append(bigEndian: Int32(0))
        append(bigEndian: type)
        guard !elements.isEmpty else { return }
        append(bigEndian: Int32(elements.count))
        append(bigEndian: Int32(1))
        for value in elements {
            let start = count
            append(bigEndian: Int32(0))
            element(&self, value)
            overwrite(bigEndian: Int32(count - start - 4), at: start)
        }
    }
}

/// Reads PostgreSQL's binary format from borrowed bytes; every read checks that enough is left.
struct BinaryReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
        guard let bytes = take(MemoryLayout<Value>.size) else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    /// The elements of a one-dimensional array without nulls, decoded one by one; nil when it is something else.
    mutating func array<Element>(
        _ decode: (UnsafeRawBufferPointer, UInt32) -> Element?
    ) -> [Element]? {
        guard let dimensions = integer(Int32.self), integer(Int32.self) != nil,
            let type = integer(UInt32.self)
        else { return nil }
        guard dimensions > 0 else { return dimensions == 0 ? [] : nil }
        guard dimensions == 1, let count = integer(Int32.self), count >= 0, integer(Int32.self) != nil
        else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(min(Int(count), rest.count / 4))
        for _ in 0..<count {
            guard let length = integer(Int32.self), let bytes = take(Int(length)),
                let element = decode(bytes, type)
            else { return nil }
            elements.append(element)
        }
        return elements
    }
}

/// PostgreSQL's epoch, 2000-01-01T00:00:00Z, in milliseconds since 1970.
private let epochOffset: Int64 = 946_684_800_000

/// PostgreSQL's microseconds since 2000 of `milliseconds` since 1970; the infinities where they do not fit.
func postgresMicroseconds(fromMilliseconds milliseconds: Int64) -> Int64 {
    let (shifted, underflow) = milliseconds.subtractingReportingOverflow(epochOffset)
    let (value, overflow) = shifted.multipliedReportingOverflow(by: 1000)
    if underflow || overflow { return milliseconds < 0 ? .min : .max }
    return value
}

/// Milliseconds since 1970 of PostgreSQL's microseconds since 2000, rounded down.
func milliseconds(fromPostgresMicroseconds value: Int64) -> Int64 {
    let quotient = value / 1000
    return (value % 1000 < 0 ? quotient - 1 : quotient) + epochOffset
}
