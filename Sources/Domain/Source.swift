/// A file met under one of the watched paths, as it is kept between runs.
///
/// A file met again is the same one only if locator, prefix fingerprint and frontier guard all agree.
package struct SourceFile: Hashable, Sendable {
    /// The durable, opaque id (a UUID), chosen when the file is first met.
    package let id: String
    /// Where it was last seen.
    package var path: String
    /// Locator: the device number.
    package var device: UInt64
    /// Locator: the inode number.
    package var inode: UInt64
    /// How many bytes `prefixDigest` covers (at most 4,096).
    package var prefixLength: Int
    /// SHA-256 of the first `prefixLength` bytes, in lower-case hex.
    package var prefixDigest: String
    /// How far it has been read.
    package var position: SourcePosition
    /// How many bytes it was seen to have; what lies behind the position is unread.
    package var knownSize: Int64
    /// When it was last written to, as of then, in nanoseconds since the epoch; 0 where that is not known.
    package var modified: Int64
    /// Where it was last, without links on the way; empty where that is not known.
    package var place: String
    /// How many bytes of it are known to have been lost: they were there, and gone before they were read.
    package var lostBytes: Int64

    package init(
        id: String,
        path: String,
        device: UInt64,
        inode: UInt64,
        prefixLength: Int,
        prefixDigest: String,
        position: SourcePosition,
        knownSize: Int64 = 0,
        modified: Int64 = 0,
        place: String = "",
        lostBytes: Int64 = 0
    ) {
        self.id = id
        self.path = path
        self.device = device
        self.inode = inode
        self.prefixLength = prefixLength
        self.prefixDigest = prefixDigest
        self.position = position
        self.knownSize = knownSize
        self.modified = modified
        self.place = place
        self.lostBytes = lostBytes
    }
}

/// How far a source has been read, with the frontier guard that proves it.
package struct SourcePosition: Hashable, Sendable {
    /// The first byte not yet used, counted in (decompressed) bytes from the start; a line start, unless `isFinished`.
    package var offset: Int64
    /// How many bytes before `offset` the guard covers (at most 4,096).
    package var guardLength: Int
    /// SHA-256 of those bytes, in lower-case hex.
    package var guardDigest: String
    /// Complete lines used so far, dead letters included.
    package var lines: Int64
    /// Whether nothing more will come (rotated away and read to its end, or gone).
    package var isFinished: Bool

    package init(offset: Int64, guardLength: Int, guardDigest: String, lines: Int64, isFinished: Bool) {
        self.offset = offset
        self.guardLength = guardLength
        self.guardDigest = guardDigest
        self.lines = lines
        self.isFinished = isFinished
    }

    /// The start of a source.
    package static let start = SourcePosition(
        offset: 0,
        guardLength: 0,
        guardDigest: "",
        lines: 0,
        isFinished: false
    )
}
