import Crypto
import Domain

/// The bytes that proved that a file is a known source.
struct KnownContent {
    /// The first bytes, at most 4,096.
    let prefix: [UInt8]
    /// The bytes before the position that the guard covers.
    let tail: [UInt8]

    /// The beginning of a file that is known in another way.
    init(prefix: [UInt8]) {
        self.prefix = prefix
        tail = []
    }

    /// Nil when the file is not, or no longer, the source.
    init?(of known: SourceFile, in file: OpenFile) throws(SystemError) {
        let position = known.position
        guard (0...LineSplitter.guardLength).contains(known.prefixLength),
            (0...LineSplitter.guardLength).contains(position.guardLength),
            position.offset >= Int64(position.guardLength)
        else { return nil }
        let prefixLength = max(known.prefixLength, Int(min(Int64(LineSplitter.guardLength), position.offset)))
        let prefix = try file.bytes(at: 0, count: prefixLength)
        let tail = try file.bytes(
            at: position.offset - Int64(position.guardLength),
            count: position.guardLength
        )
        self.init(of: known, prefix: prefix, tail: tail, size: try file.status().size)
        guard prefix.count == prefixLength else { return nil }
    }

    /// Nil when the bytes are not those of the source.
    init?(of known: SourceFile, prefix: [UInt8], tail: some Collection<UInt8>, size: Int64) {
        guard size >= known.position.offset, prefix.count >= known.prefixLength,
            tail.count == known.position.guardLength,
            sha256Text(Array(prefix.prefix(known.prefixLength))) == known.prefixDigest,
            sha256Text(Array(tail)) == known.position.guardDigest
        else { return nil }
        self.prefix = prefix
        self.tail = Array(tail)
    }
}

/// The digest of `bytes` in hex, empty for none.
func sha256Text(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "" : sha256Hex(bytes) }
