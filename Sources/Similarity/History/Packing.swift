/// Little-endian numbers and runs of them, one after another.
struct Packer {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: Double) { append(Int64(bitPattern: value.bitPattern)) }

    /// A run with its length before it.
    mutating func append(_ values: [Float]) {
        append(Int64(values.count))
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
    }

    /// A run with its length before it.
    mutating func append(_ values: [UInt8]) {
        append(Int64(values.count))
        bytes.append(contentsOf: values)
    }
}

/// Reads what a ``Packer`` packed; every read checks that enough is left.
struct Unpacker {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer() -> Int64? {
        take(8).map { $0.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) } }
    }

    mutating func number() -> Double? { integer().map { Double(bitPattern: UInt64(bitPattern: $0)) } }

    mutating func floats() -> [Float]? {
        guard let count = length(of: 4), let bytes = take(count * 4) else { return nil }
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { place in
                let bits = raw.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: bits))
            }
        }
    }

    mutating func run() -> [UInt8]? { length(of: 1).flatMap { take($0) }.map(Array.init) }

    private mutating func length(of size: Int) -> Int? {
        guard let count = integer(), count >= 0, count <= Int64(rest.count / size) else { return nil }
        return Int(count)
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
