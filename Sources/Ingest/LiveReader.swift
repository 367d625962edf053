import Domain
import Glibc

/// Follows files that grow, are renamed, cut and replaced.
final class LiveReader: SourceReader {
    let configuration: FollowerConfiguration
    let patterns: PathPatterns
    /// Sources met earlier and not since, by locator.
    var known: [FileLocator: [SourceFile]]
    /// What is being read or may grow again, in the order in which it was met.
    var files: [TrackedFile] = []
    /// Sources that ended in this poll.
    var retired: [TrackedFile] = []
    /// Known sources that were never met again, to be stored as finished.
    var lost: [SourceChange] = []
    /// Paths of which an operator has been told, by kind.
    var told: Set<FollowerNotice> = []
    /// Files that are there and could not be opened or read since the last scan.
    var unreadable: Set<String> = []
    var isFirstScan = true
    private var nextScan: ContinuousClock.Instant?
    private var cursor = 0
    /// The latest time of a line that was taken where several files were read side by side.
    var horizon = Int64.min
    /// Whether the last line taken so was far behind it.
    var wasBehind = false
    let decoder: RecordDecoder
    /// Lines taken so.
    var turns: Int64 = 0
    let scratch: UnsafeMutableRawBufferPointer

    init(configuration: FollowerConfiguration, known: [SourceFile]) {
        self.configuration = configuration
        decoder = RecordDecoder(zone: configuration.timeZone)
        patterns = PathPatterns(patterns: configuration.paths)
        self.known = Dictionary(grouping: known) { FileLocator(device: $0.device, inode: $0.inode) }
        scratch = .allocate(byteCount: LineSplitter.guardLength + TrackedFile.chunkSize, alignment: 16)
    }

    deinit { scratch.deallocate() }

    var progress: (read: Int64, total: Int64?) {
        guard !isFirstScan else { return (0, nil) }
        let live = files.filter { !$0.isFinished }
        let read = live.reduce(0) { $0 + $1.splitter.readOffset }
        return (read, live.reduce(0) { $0 + max($1.knownSize, $1.splitter.readOffset) })
    }

    func poll(
        maximumItems: Int,
        maximumBytes: Int,
        now: ContinuousClock.Instant
    ) throws(IngestError) -> IngestBatch {
        var batch = IngestBatch()
        if nextScan.map({ now >= $0 }) ?? true {
            scan(now: now, &batch)
            nextScan = now + configuration.scanInterval
        }
        var budget = ReadBudget(items: maximumItems, delivered: maximumBytes, read: maximumBytes)
        let isAtEnds = read(&budget, now: now, &batch)
        batch.isCaughtUp = isAtEnds && unreadable.isEmpty
        batch.unreadableFiles = unreadable.count
        for file in files + retired {
            if let change = file.takeChange() { batch.sources.append(change) }
        }
        batch.sources += lost
        lost = []
        retired = []
        forgetFinished()
        return batch
    }

    /// Finished files that no path leads to are known only; should one come back, it goes on.
    private func forgetFinished() {
        for file in files where file.isFinished && !file.isMatched {
            if let stored = file.stored { known[file.locator, default: []].append(stored) }
        }
        files.removeAll { $0.isFinished && !$0.isMatched }
    }

    /// Reads in turns, so that a busy file does not hold up a quiet one; returns whether all are at their ends.
    private func read(
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        var pending = turnOrder()
        if pending.count > 1 { return merge(pending, &budget, now: now, &batch) }
        defer { noteHorizon(batch) }
        var isRoundDone = true
        while !pending.isEmpty, isRoundDone {
            var next: [TrackedFile] = []
            var heldBack: Set<String> = []
            let share = budget.share(of: pending.count)
            for (index, file) in pending.enumerated() {
                guard !budget.isSpent else {
                    next += pending[index...]
                    isRoundDone = false
                    break
                }
                // What was written before a rotation comes before what was written after it.
                if file.rotatedFrom == nil, heldBack.contains(file.path) {
                    next.append(file)
                    continue
                }
                switch turn(of: file, share, &budget, now: now, &batch) {
                case .more:
                    if let path = file.rotatedFrom { heldBack.insert(path) }
                    next.append(file)
                case .caughtUp: finishIfIdle(file, now: now, &batch)
                case .replaced(let size):
                    if let successor = replace(file, knownSize: size, now: now, &batch) {
                        next.append(successor)
                    }
                case .failed(let error):
                    cannotRead(file.path, error, &batch)
                }
            }
            pending = next
        }
        return pending.isEmpty
    }

    /// Notes how far a single file has been read: what turns up beside it may be of yesterday.
    private func noteHorizon(_ batch: IngestBatch) {
        guard case .line(let line) = batch.items.last, let time = decoder.time(of: line) else { return }
        horizon = max(horizon, time.milliseconds)
    }

    /// Rotated files first, the others from the one after the last poll's first.
    private func turnOrder() -> [TrackedFile] {
        let active = files.filter { !$0.isFinished }
        let rotated = active.filter { $0.rotatedFrom != nil }
        let live = active.filter { $0.rotatedFrom == nil }
        guard !live.isEmpty else { return rotated }
        cursor = (cursor + 1) % live.count
        return rotated + live[cursor...] + live[..<cursor]
    }

    private func turn(
        of file: TrackedFile,
        _ share: ReadBudget,
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile.Outcome {
        do throws(SystemError) {
            guard try reopenIfGrown(file) else { return .caughtUp }
        } catch {
            return .failed(error)
        }
        var own = share
        let outcome = file.readOn(into: &batch, &own, scratch: scratch, now: now)
        budget.items -= share.items - own.items
        budget.delivered -= share.delivered - own.delivered
        budget.read -= share.read - own.read
        return outcome
    }

    func finishIfIdle(_ file: TrackedFile, now: ContinuousClock.Instant, _ batch: inout IngestBatch) {
        guard file.rotatedFrom != nil, now - file.lastActivity >= configuration.rotatedGrace else { return }
        file.abandonRest(into: &batch)
        file.file = nil
        batch.notices.append(FollowerNotice(.finished, path: file.path))
    }

    /// Ends a source whose bytes are gone; what stands in their place is a new source.
    func replace(
        _ file: TrackedFile,
        knownSize: Int64,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile? {
        file.abandonRest(into: &batch)
        batch.notices.append(FollowerNotice(.truncated, path: file.path))
        retired.append(file)
        let place = files.firstIndex { $0 === file }
        guard file.isMatched, let place else {
            file.file = nil
            files.removeAll { $0 === file }
            return nil
        }
        let successor = TrackedFile(
            new: file.path,
            locator: file.locator,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
        successor.file = file.file
        file.file = nil
        files[place] = successor
        return successor
    }

    /// Notes that a file which is there cannot be read now.
    func cannotRead(_ path: String, _ error: SystemError, _ batch: inout IngestBatch) {
        // A link that leads nowhere, or a file that went while it was looked at, is not there.
        if error.code != ENOENT { unreadable.insert(path) }
        tell(FollowerNotice(.unreadable, path: path, detail: "\(error)"), &batch)
    }

    /// Reports something once per path.
    func tell(_ notice: FollowerNotice, _ batch: inout IngestBatch) {
        if told.insert(notice).inserted { batch.notices.append(notice) }
    }
}
