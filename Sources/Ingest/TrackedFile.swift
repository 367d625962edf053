import Domain
import FoundationEssentials
import Glibc

/// A source that is being read, live or from an archive.
final class TrackedFile {
    /// What one turn of reading came to.
    enum Outcome {
        /// There may be more.
        case more
        /// Read to the end, as of now.
        case caughtUp
        /// The bytes read earlier are no longer there.
        case replaced(knownSize: Int64)
        case failed(SystemError)
        /// An archive that cannot be decompressed further.
        case damaged
    }

    /// How much is read at once, at most.
    static let chunkSize = 256 * 1024

    let id: String
    var locator: FileLocator
    var path: String
    var splitter: LineSplitter
    var isFinished: Bool
    /// Kept open while it is read; nil when the descriptor was needed elsewhere.
    var file: OpenFile?
    /// Whether a configured path leads to it.
    var isMatched = true
    /// The path from which it was renamed or removed.
    var rotatedFrom: String?
    /// When it last grew or was rotated.
    var lastActivity: ContinuousClock.Instant
    /// Size and modification time when it was last read to its end.
    var lastStatus: FileStatus?
    var knownSize: Int64 = 0
    /// When it was last written to, in nanoseconds since the epoch.
    var modified: Int64 = 0
    /// Where it was last, without links on the way.
    var place = ""
    /// What it has become, where that is a compressed file.
    var archive: ReplayStream?
    /// How many of its bytes were gone before they were read.
    var lostBytes: Int64 = 0
    /// The file that has to be read to its end before this one: its last line may end here.
    var predecessor: TrackedFile?
    var lastLook: ContinuousClock.Instant
    /// Whether it is no longer read unless its file changes.
    var isAsleep = false
    /// Whether it may have to be stored.
    var isTouched = true
    /// Whether it has to be looked at before it is known which line comes next.
    var isUnsure = false
    /// Changes with its place in the queue of lines.
    var ticket = 0
    /// Whether it keeps what was written after a rotation waiting.
    var holdsBack = false
    /// The times of the lines that come next, where several files are read side by side.
    var lookahead = Lookahead()
    /// Which turn its last line was taken in.
    var lastTurn: Int64 = 0
    /// Where those lines end.
    var lookedAt: [Int64] = []

    /// The source as it was last returned for storing.
    private(set) var stored: SourceFile?
    private var prefixDigest: (length: Int, text: String)

    /// A durable id for a source that is new.
    static func newID() -> String { UUID().uuidString.lowercased() }

    /// A source met for the first time.
    init(new path: String, locator: FileLocator, maximumLineBytes: Int, now: ContinuousClock.Instant) {
        id = Self.newID()
        self.path = path
        self.locator = locator
        splitter = LineSplitter(maximumLineBytes: maximumLineBytes)
        isFinished = false
        (lastActivity, lastLook) = (now, now)
        prefixDigest = (0, "")
    }

    /// A source met again.
    init(
        known: SourceFile,
        content: KnownContent,
        maximumLineBytes: Int,
        now: ContinuousClock.Instant
    ) {
        id = known.id
        path = known.path
        locator = FileLocator(device: known.device, inode: known.inode)
        splitter = LineSplitter(
            maximumLineBytes: maximumLineBytes,
            position: known.position,
            prefix: content.prefix,
            tail: content.tail
        )
        isFinished = known.position.isFinished
        (lastActivity, lastLook) = (now, now)
        stored = known
        prefixDigest = (known.prefixLength, known.prefixDigest)
        (knownSize, modified) = (known.knownSize, known.modified)
        (place, lostBytes) = (known.place, known.lostBytes)
    }

    /// The source as it is.
    var current: SourceFile {
        if prefixDigest.length != splitter.prefix.count {
            prefixDigest = (splitter.prefix.count, sha256Text(splitter.prefix))
        }
        var position = splitter.position()
        position.isFinished = isFinished
        return SourceFile(
            id: id,
            // Until it is finished, the path from which it was rotated: that is how a restart knows it was.
            path: isFinished ? path : rotatedFrom ?? path,
            device: locator.device,
            inode: locator.inode,
            prefixLength: prefixDigest.length,
            prefixDigest: prefixDigest.text,
            position: position,
            knownSize: max(knownSize, position.offset),
            modified: modified,
            place: place,
            lostBytes: lostBytes
        )
    }

    /// Notes what its file is like, whose bytes have just been seen to be those that were read.
    func note(_ status: FileStatus) {
        guard (knownSize, modified) != (status.size, status.modified) else { return }
        isTouched = true
        knownSize = status.size
        modified = status.modified
    }

    /// Notes how many bytes its file seems to have.
    func noteSize(_ size: Int64) {
        guard size > knownSize else { return }
        isTouched = true
        knownSize = size
    }

    /// Whether it is at its end, as far as is known.
    var isExhausted: Bool { lookahead.isEmpty && !splitter.hasLine && splitter.readOffset >= knownSize }

    /// The source as it is to be stored; nil when it is stored like that already.
    func takeChange() -> SourceChange? {
        isTouched = false
        let current = current
        guard current != stored else { return nil }
        defer { stored = current }
        return SourceChange(file: current, expectedOffset: stored?.position.offset)
    }

    /// Moves complete lines into `batch` while the budget lasts; returns whether all are moved.
    func drain(into batch: inout IngestBatch, _ budget: inout ReadBudget) -> Bool {
        let (blank, nul) = (splitter.blankLines, splitter.nulBytes)
        defer {
            batch.blankLines += splitter.blankLines - blank
            batch.nulBytes += splitter.nulBytes - nul
        }
        (lookahead, lookedAt) = (Lookahead(), [])
        while !budget.isSpent {
            guard let piece = splitter.next() else { return true }
            deliver(piece, to: &batch, &budget)
        }
        return false
    }

    /// Moves the next line into `batch`.
    func deliverNext(to batch: inout IngestBatch, _ budget: inout ReadBudget) {
        let (blank, nul) = (splitter.blankLines, splitter.nulBytes)
        if let piece = splitter.next() { deliver(piece, to: &batch, &budget) }
        batch.blankLines += splitter.blankLines - blank
        batch.nulBytes += splitter.nulBytes - nul
    }

    func deliver(_ piece: LineSplitter.Piece, to batch: inout IngestBatch, _ budget: inout ReadBudget) {
        budget.items -= 1
        isTouched = true
        switch piece {
        case .line(let offset, let bytes):
            budget.delivered -= bytes.count
            batch.items.append(.line(RawLine(source: id, path: path, offset: offset, bytes: bytes)))
        case .tooLong(let offset, let length, let head):
            budget.delivered -= head.count
            batch.items.append(.unusable(letter(.tooLong, offset, length, head)))
        }
    }

    /// Ends the source, once the whole lines are moved: what has no line feed at its end is a record, where it is a whole one, and
    /// otherwise a dead letter.
    ///
    /// The position stays before half a line: should its writer go on after all, the line is read whole.
    func abandonRest(into batch: inout IngestBatch, with decoder: RecordDecoder) {
        var all = ReadBudget(items: .max, delivered: .max, read: .max)
        _ = drain(into: &batch, &all)
        (isFinished, isTouched) = (true, true)
        if let rest = splitter.rest, !decoder.isWhole(rest), let offset = splitter.nextLine {
            let head = Array(rest.prefix(LineSplitter.headLength))
            batch.items.append(.unusable(letter(.unterminated, offset, Int64(rest.count), head)))
            knownSize = max(knownSize, splitter.readOffset)
            return
        }
        switch splitter.finish() {
        case .line(let offset, let bytes):
            batch.items.append(.line(RawLine(source: id, path: path, offset: offset, bytes: bytes)))
        case .tooLong(let offset, let length, let head):
            batch.items.append(.unusable(letter(.tooLong, offset, length, head)))
        case nil: break
        }
    }

    private func letter(
        _ reason: RejectionReason,
        _ offset: Int64,
        _ length: Int64,
        _ head: [UInt8]
    ) -> DeadLetter {
        DeadLetter(
            source: id,
            path: path,
            offset: offset,
            length: length,
            reason: reason.rawValue,
            detail: "",
            text: head
        )
    }
}

extension TrackedFile {
    /// One turn of a live file: moves what is buffered, then reads and moves at most one chunk.
    func readOn(
        into batch: inout IngestBatch,
        _ budget: inout ReadBudget,
        scratch: UnsafeMutableRawBufferPointer,
        now: ContinuousClock.Instant
    ) -> Outcome {
        guard drain(into: &batch, &budget) else { return .more }
        let outcome = readChunk(into: &batch, &budget, scratch: scratch, now: now)
        if case .more = outcome { _ = drain(into: &batch, &budget) }
        return outcome
    }

    /// Reads at most as much as `scratch` takes, the bytes before the position among it, and moves nothing.
    func readChunk(
        into batch: inout IngestBatch,
        _ budget: inout ReadBudget,
        scratch: UnsafeMutableRawBufferPointer,
        now: ContinuousClock.Instant
    ) -> Outcome {
        if let archive { return read(archive, into: &batch, &budget, scratch: scratch, now: now) }
        guard let file else { return .caughtUp }
        defer { lastLook = now }
        do throws(SystemError) {
            let status = try file.status()
            if status.size == splitter.readOffset, status == lastStatus { return .caughtUp }
            // The bytes before the position are read again, in one piece with the new ones: that they are still
            // the same proves that the file was not replaced in between.
            let overlap = splitter.withRecentBytes(\.count)
            let end = splitter.readOffset
            let count = try file.read(at: end - Int64(overlap), into: scratch)
            let reread = UnsafeRawBufferPointer(rebasing: scratch[..<min(count, overlap)])
            // What was known of its size stays: it is what may have been lost.
            guard splitter.withRecentBytes({ areEqual($0, reread) }),
                end > 0 || scratch[..<count].starts(with: splitter.prefix.prefix(scratch.count))
            else { return .replaced(knownSize: max(end, knownSize)) }
            note(status)
            guard count > overlap else {
                lastStatus = status
                return .caughtUp
            }
            take(UnsafeRawBufferPointer(rebasing: scratch[overlap..<count]), into: &batch, &budget, now: now)
            return .more
        } catch {
            return .failed(error)
        }
    }

    private func read(
        _ archive: ReplayStream,
        into batch: inout IngestBatch,
        _ budget: inout ReadBudget,
        scratch: UnsafeMutableRawBufferPointer,
        now: ContinuousClock.Instant
    ) -> Outcome {
        guard let count = try? archive.read(into: scratch, position: splitter.readOffset) else {
            return .damaged
        }
        guard count > 0 else {
            knownSize = splitter.readOffset
            return .caughtUp
        }
        take(UnsafeRawBufferPointer(rebasing: scratch[..<count]), into: &batch, &budget, now: now)
        knownSize = max(knownSize, splitter.readOffset)
        return .more
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer,
        into batch: inout IngestBatch,
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant
    ) {
        splitter.append(bytes)
        lastActivity = now
        isTouched = true
        batch.bytesRead += Int64(bytes.count)
        budget.read -= bytes.count
    }
}

private func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
    return memcmp(leftBase, rightBase, left.count) == 0
}
