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
    }

    static let chunkSize = 256 * 1024

    let id: String
    let locator: FileLocator
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
    /// The times of the lines that come next, where several files are read side by side.
    var lookahead = Lookahead()
    /// Which turn its last line was taken in.
    var lastTurn: Int64 = 0
    /// Where those lines end.
    var lookedAt: [Int64] = []

    /// The source as it was last returned for storing.
    private(set) var stored: SourceFile?
    private var prefixDigest: (length: Int, text: String)

    /// A source met for the first time.
    init(new path: String, locator: FileLocator, maximumLineBytes: Int, now: ContinuousClock.Instant) {
        id = UUID().uuidString.lowercased()
        self.path = path
        self.locator = locator
        splitter = LineSplitter(maximumLineBytes: maximumLineBytes)
        isFinished = false
        lastActivity = now
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
        lastActivity = now
        stored = known
        prefixDigest = (known.prefixLength, known.prefixDigest)
    }

    /// The source as it is to be stored; nil when it is stored like that already.
    func takeChange() -> SourceChange? {
        if prefixDigest.length != splitter.prefix.count {
            prefixDigest = (splitter.prefix.count, sha256Text(splitter.prefix))
        }
        var position = splitter.position()
        position.isFinished = isFinished
        let current = SourceFile(
            id: id,
            // Until it is finished, the path from which it was rotated: that is how a restart knows it was.
            path: isFinished ? path : rotatedFrom ?? path,
            device: locator.device,
            inode: locator.inode,
            prefixLength: prefixDigest.length,
            prefixDigest: prefixDigest.text,
            position: position
        )
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
        switch piece {
        case .line(let offset, let bytes):
            budget.delivered -= bytes.count
            batch.items.append(.line(RawLine(source: id, path: path, offset: offset, bytes: bytes)))
        case .tooLong(let offset, let length, let head):
            budget.delivered -= head.count
            batch.items.append(.unusable(letter(.tooLong, offset, length, head)))
        }
    }

    /// Gives up the half line at the end, as a dead letter, once the whole lines before it are moved.
    func abandonRest(into batch: inout IngestBatch) {
        var all = ReadBudget(items: .max, delivered: .max, read: .max)
        _ = drain(into: &batch, &all)
        switch splitter.finish() {
        case .line(let offset, let bytes):
            let head = Array(bytes.prefix(LineSplitter.headLength))
            batch.items.append(.unusable(letter(.unterminated, offset, Int64(bytes.count), head)))
        case .tooLong(let offset, let length, let head):
            batch.items.append(.unusable(letter(.tooLong, offset, length, head)))
        case nil: break
        }
        isFinished = true
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

    /// Reads at most one chunk, and moves nothing.
    func readChunk(
        into batch: inout IngestBatch,
        _ budget: inout ReadBudget,
        scratch: UnsafeMutableRawBufferPointer,
        now: ContinuousClock.Instant
    ) -> Outcome {
        guard let file else { return .caughtUp }
        do throws(SystemError) {
            let status = try file.status()
            knownSize = status.size
            if status.size == splitter.readOffset, status == lastStatus { return .caughtUp }
            // The bytes before the position are read again, in one piece with the new ones: that they are still
            // the same proves that the file was not replaced in between.
            let overlap = splitter.withRecentBytes(\.count)
            let end = splitter.readOffset
            let buffer = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(overlap + Self.chunkSize)])
            let count = try file.read(at: end - Int64(overlap), into: buffer)
            let reread = UnsafeRawBufferPointer(rebasing: buffer[..<min(count, overlap)])
            guard splitter.withRecentBytes({ areEqual($0, reread) }) else { return .replaced(knownSize: end) }
            guard count > overlap else {
                lastStatus = status
                return .caughtUp
            }
            splitter.append(UnsafeRawBufferPointer(rebasing: buffer[overlap..<count]))
            lastActivity = now
            batch.bytesRead += Int64(count - overlap)
            budget.read -= count - overlap
            return .more
        } catch {
            return .failed(error)
        }
    }
}

private func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
    return memcmp(leftBase, rightBase, left.count) == 0
}
