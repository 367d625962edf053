/// A name that the outside world chose: compared, hashed and ordered by its UTF-8 bytes.
///
/// `String` compares by canonical equivalence, so two names that a database keeps apart could be one key in a
/// dictionary; risk must not flow between them.
package protocol Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it was logged.
    var name: String { get }
}

extension Identifier {
    package var description: String { name }

    package static func == (left: Self, right: Self) -> Bool {
        left.name.hasSameBytes(as: right.name)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        // What has the same bytes is canonically equivalent, too.
        hasher.combine(name)
    }
}

/// The name of a served model.
package struct ModelID: Identifier {
    package let name: String
    /// Names a model.
    package init(_ name: String) { self.name = name }
}

/// Who asked: an account, key or caller name, as logged.
package struct UserID: Identifier {
    package let name: String
    /// Names a user.
    package init(_ name: String) { self.name = name }

    /// The virtual partition of this user, 0 ..< 64.
    ///
    /// Kafka's default partitioner (murmur2, sign bit cleared) modulo 64, so that one number can serve as Kafka
    /// partition, PostgreSQL partition and Citus distribution column.
    package var virtualPartition: Int16 { Int16((murmur2(Array(name.utf8)) & 0x7FFF_FFFF) % 64) }
}

/// The id of a record, unique within its model.
package struct RecordID: Identifier {
    package let name: String
    /// Names a record.
    package init(_ name: String) { self.name = name }
}

/// The name of one calibrated score, such as `similarity.user.descent` or `opinion.encoder`.
package struct DetectorID: Identifier {
    package let name: String
    /// Names a detector.
    package init(_ name: String) { self.name = name }
}

/// Kafka's 32-bit murmur2 hash of `bytes` (seed 0x9747b28c), as its Java client computes it.
package func murmur2(_ bytes: [UInt8]) -> UInt32 {
    let multiplier: UInt32 = 0x5bd1_e995
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
    var index = 0
    while index + 4 <= bytes.count {
        var word = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
        word |= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
        word = word &* multiplier
        word ^= word >> 24
        hash = (hash &* multiplier) ^ (word &* multiplier)
        index += 4
    }
    let rest = bytes.count - index
    if rest >= 3 { hash ^= UInt32(bytes[index + 2]) << 16 }
    if rest >= 2 { hash ^= UInt32(bytes[index + 1]) << 8 }
    if rest >= 1 { hash = (hash ^ UInt32(bytes[index])) &* multiplier }
    hash = (hash ^ (hash >> 13)) &* multiplier
    return hash ^ (hash >> 15)
}
