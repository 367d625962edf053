import Crypto
import Domain
import Glibc

/// Cuts a stream of bytes into lines, in bounded memory, and proves how far it came.
///
/// It holds the last ``guardLength`` bytes before the position and what follows the position, at most one line
/// and one chunk; of a line beyond the limit only its head.
struct LineSplitter {
    /// How many bytes prefix and guard cover at most.
    static let guardLength = 4096
    /// How much of an unusable line is kept.
    static let headLength = 4096

    /// What the stream holds.
    enum Piece: Equatable {
        case line(offset: Int64, bytes: [UInt8])
        case tooLong(offset: Int64, length: Int64, head: [UInt8])
    }

    /// Blank lines met so far.
    private(set) var blankLines: Int64 = 0
    /// NUL bytes passed over so far.
    private(set) var nulBytes: Int64 = 0
    /// The first bytes of the stream, at most ``guardLength``.
    private(set) var prefix: [UInt8]

    private let maximumLineBytes: Int
    private var buffer: [UInt8]
    private var bufferStart: Int64
    /// Where in `buffer` the first unused byte is, and how far it holds no line feed.
    private var start: Int
    private var scanned: Int
    private var lines: Int64
    private var skipped: (head: [UInt8], length: Int64)?
    private var sealed: SourcePosition

    /// A splitter that goes on at a position.
    ///
    /// - Parameters:
    ///   - maximumLineBytes: the longest line, without its terminator.
    ///   - position: where the next byte stands.
    ///   - prefix: the first bytes of the stream, as far as they are known.
    ///   - tail: the `position.guardLength` bytes before the position.
    init(maximumLineBytes: Int, position: SourcePosition = .start, prefix: [UInt8] = [], tail: [UInt8] = []) {
        self.maximumLineBytes = maximumLineBytes
        self.prefix = prefix
        buffer = tail
        bufferStart = position.offset - Int64(tail.count)
        start = tail.count
        scanned = tail.count
        lines = position.lines
        sealed = position
        sealed.isFinished = false
    }

    /// The first byte that is not used yet: a line start, or the end.
    private var offset: Int64 { skipped == nil ? bufferStart + Int64(start) : sealed.offset }

    /// Where the next appended byte stands.
    var readOffset: Int64 { bufferStart + Int64(buffer.count) }

    /// Whether there is a whole line.
    var hasLine: Bool { lineFeed() != nil }

    /// The line without its end that stands last; nil where there is none, or one that is too long.
    var rest: [UInt8]? { skipped == nil && start < buffer.count && !hasLine ? Array(buffer[start...]) : nil }

    /// Whether bytes wait for their line to end.
    var hasRest: Bool { skipped != nil || start < buffer.count }

    /// The position, with its guard.
    mutating func position() -> SourcePosition {
        if offset != sealed.offset || lines != sealed.lines {
            let covered = buffer[max(0, start - Self.guardLength)..<start]
            sealed.offset = offset
            sealed.lines = lines
            sealed.guardLength = covered.count
            sealed.guardDigest = covered.isEmpty ? "" : sha256Hex(Array(covered))
        }
        return sealed
    }

    /// The last bytes before ``readOffset``, at most ``guardLength``.
    func withRecentBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.suffix(Self.guardLength))) }
    }

    /// Notes the first bytes of a stream that nothing has been read of yet, so that it can be told from others.
    mutating func prime(_ bytes: [UInt8]) {
        if readOffset == 0 { prefix = bytes }
    }

    /// Takes in the bytes at ``readOffset``.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if readOffset == 0 { prefix = [] }
        let known = Int64(prefix.count)
        if known < Self.guardLength, known >= readOffset {
            let fresh = bytes.dropFirst(Int(known - readOffset))
            prefix.append(contentsOf: fresh.prefix(Self.guardLength - prefix.count))
        }
        // What lies before the guard is no longer needed.
        if start > buffer.count / 2, start > 4 * Self.guardLength { forget(before: start - Self.guardLength) }
        buffer.append(contentsOf: bytes)
    }

    /// The next piece; nil when more bytes are needed.
    mutating func next() -> Piece? {
        while true {
            if skipped == nil { passNulBytes() }
            guard let end = lineFeed() else {
                scanned = buffer.count
                skipIfTooLong()
                giveBack()
                return nil
            }
            if let piece = take(through: end) { return piece }
        }
    }

    /// What is left when nothing more comes: a last line without its terminator.
    mutating func finish() -> Piece? {
        guard hasRest else { return nil }
        return take(through: buffer.count)
    }

    /// Where the next line begins; nil in the middle of one that is too long.
    var nextLine: Int64? { skipped == nil ? bufferStart + Int64(start) : nil }

    /// A complete line further on, without taking it.
    ///
    /// - Parameter offset: where it begins: ``nextLine``, or the end of the line before.
    /// - Returns: the line without its line feed, and where the next one begins; nil when more bytes are needed.
    func line(at offset: Int64) -> (bytes: ArraySlice<UInt8>, end: Int64)? {
        let from = Int(offset - bufferStart)
        guard from >= start, from < buffer.count, let end = lineFeed(from: from) else { return nil }
        return (buffer[from..<end], bufferStart + Int64(end) + 1)
    }

    private mutating func take(through end: Int) -> Piece? {
        let lineStart = offset
        let hasReturn = end > start && buffer[end - 1] == 13
        let next = min(end + 1, buffer.count)
        defer {
            start = next
            scanned = next
            lines += 1
        }
        if let skipped {
            let rest = buffer[start..<(hasReturn ? end - 1 : end)]
            let head = skipped.head + rest.prefix(Self.headLength - skipped.head.count)
            self.skipped = nil
            return .tooLong(offset: lineStart, length: skipped.length + Int64(rest.count), head: head)
        }
        var first = start
        if startsWithMark(lineStart: lineStart) { first = min(end, start + Self.mark.count) }
        let content = buffer[first..<max(first, hasReturn ? end - 1 : end)]
        let place = lineStart + Int64(first - start)
        guard content.count <= maximumLineBytes else {
            return .tooLong(
                offset: place,
                length: Int64(content.count),
                head: Array(content.prefix(Self.headLength))
            )
        }
        if content.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) {
            blankLines += 1
            return nil
        }
        return .line(offset: place, bytes: Array(content))
    }

    /// A byte order mark, which is no part of the first line.
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private func startsWithMark(lineStart: Int64) -> Bool {
        lineStart == 0 && buffer[start...].starts(with: Self.mark)
    }

    private mutating func passNulBytes() {
        guard start < buffer.count, buffer[start] == 0 else { return }
        let end = buffer[start...].firstIndex { $0 != 0 } ?? buffer.count
        nulBytes += Int64(end - start)
        start = end
        scanned = max(scanned, end)
    }

    private func lineFeed() -> Int? { lineFeed(from: scanned) }

    private func lineFeed(from index: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, index < bytes.count else { return nil }
            return memchr(base + index, 10, bytes.count - index).map { UnsafeRawPointer($0) - base }
        }
    }

    /// Starts or goes on dropping a line that cannot end within the limit any more.
    private mutating func skipIfTooLong() {
        // A carriage return and a byte order mark may yet turn out not to count.
        let slack = offset == 0 ? 4 : 1
        if skipped == nil {
            guard buffer.count - start > maximumLineBytes + slack else { return }
            if startsWithMark(lineStart: offset) { start += Self.mark.count }
            _ = position()
            skipped = ([], 0)
        }
        // The last byte stays: it may be the carriage return of the terminator.
        guard buffer.count - start > Self.guardLength + 1 else { return }
        let drop = buffer.count - 1 - start
        if let head = skipped?.head, head.count < Self.headLength {
            skipped?.head += buffer[start..<start + drop].prefix(Self.headLength - head.count)
        }
        skipped?.length += Int64(drop)
        start += drop
        scanned = buffer.count
        forget(before: start - Self.guardLength)
    }

    /// Bytes that are held, used or not.
    var heldBytes: Int { buffer.capacity }

    /// A long line's memory does not stay until the next one comes.
    private mutating func giveBack() {
        guard buffer.capacity > Self.keptCapacity, buffer.count - start < buffer.capacity / 4 else { return }
        forget(before: start - Self.guardLength)
        buffer = buffer.withUnsafeBytes { Array($0) }
    }

    /// What a buffer may hold for good.
    private static let keptCapacity = 1 << 20

    private mutating func forget(before index: Int) {
        guard index > 0 else { return }
        buffer.removeSubrange(..<index)
        bufferStart += Int64(index)
        start -= index
        scanned -= index
    }
}
