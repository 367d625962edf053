import Domain
import Glibc

/// Follows files that grow, are renamed, cut, compressed and replaced.
///
/// What is awake is read; a file that has been read to its end and closed is asleep, known by its status alone, until that changes. So
/// what a poll costs grows with the files that are written to, and only a scan's costs with all of them.
final class LiveReader: SourceReader {
    let configuration: FollowerConfiguration
    let patterns: PathPatterns
    /// Sources met earlier that are not being read, by locator.
    var known: [FileLocator: [SourceFile]]
    /// Those of them whose files are watched for a change.
    var asleep: [FileLocator: Sleeper] = [:]
    /// What is being read or may grow again, in the order in which it was met.
    var files: [TrackedFile] = []
    /// Those of them that are open.
    private var openFiles: [TrackedFile] = []
    /// Sources that ended in this poll.
    var retired: [TrackedFile] = []
    /// Known sources that were never met again, to be stored as finished.
    var lost: [SourceChange] = []
    /// Sources whose bytes are no longer where they were, by path.
    var owed: [String: [Owed]] = [:]
    /// Folders as they were when this look began to ask for them.
    var listings: [String: Folder] = [:]
    /// How many of these were looked at again, at most so many.
    var outdated = 0
    static let mostOutdated = 8
    /// What is open, made when generations are looked for.
    var held: Set<FileLocator>?
    /// Paths from which something was rotated away just now.
    var windows: [String: RotationWindow] = [:]
    /// Files that were looked at as generations.
    var judged: Set<JudgedFile> = []
    /// When what was followed under a path before was last written to.
    var newest: [String: Int64] = [:]
    /// Folders into which a path's files were seen to be rotated away.
    var folders: [String: Set<String>] = [:]
    /// Paths of which an operator has been told, by kind.
    var told: Set<FollowerNotice> = []
    /// Files that are there and could not be opened or read since the last scan.
    var unreadable: Set<String> = []
    /// Configured paths that lead to what is not a file.
    var unfitPaths = 0
    var isFirstScan = true
    /// Files that were met in the last scan.
    var matches = 0
    private var nextScan: ContinuousClock.Instant?
    /// What looks between polls have found.
    private var carried = IngestBatch()
    var queue = MergeQueue()
    /// Files that have to be looked at before it is known which line comes next.
    var unsure: [TrackedFile] = []
    let decoder: RecordDecoder
    let scratch: UnsafeMutableRawBufferPointer
    /// Called now and then during what may take long.
    let onStep: () -> Void
    private(set) var steps = 0

    init(
        configuration: FollowerConfiguration,
        known: [SourceFile],
        onStep: @escaping () -> Void = {}
    ) {
        self.configuration = configuration
        self.onStep = onStep
        decoder = RecordDecoder(zone: configuration.timeZone)
        patterns = PathPatterns(patterns: configuration.paths)
        self.known = Dictionary(grouping: known) { FileLocator(device: $0.device, inode: $0.inode) }
        for source in known { newest[source.path] = max(newest[source.path] ?? .min, source.modified) }
        for source in known where !source.place.isEmpty {
            folders[source.path, default: []].insert(SystemPath.folder(of: source.place))
        }
        scratch = .allocate(byteCount: LineSplitter.guardLength + TrackedFile.chunkSize, alignment: 16)
    }

    deinit { scratch.deallocate() }

    var progress: (read: Int64, total: Int64?) {
        guard !isFirstScan else { return (0, nil) }
        return files.reduce((0, 0)) { sum, file in
            guard !file.isFinished else { return sum }
            let read = file.splitter.readOffset
            return (sum.0 + read, sum.1.map { $0 + max(file.knownSize, read) })
        }
    }

    func poll(
        maximumItems: Int,
        maximumBytes: Int,
        now: ContinuousClock.Instant
    ) throws(IngestError) -> IngestBatch {
        var batch = carried
        carried = IngestBatch()
        scanIfDue(now: now, &batch)
        var budget = ReadBudget(items: maximumItems, delivered: maximumBytes, read: maximumBytes)
        let isAtEnds = read(&budget, now: now, &batch)
        batch.isCaughtUp = isAtEnds && unreadable.isEmpty && owed.isEmpty
        batch.unreadableFiles = unreadable.count
        batch.unfitPaths = unfitPaths
        for file in files + retired where file.isTouched {
            if let change = file.takeChange() { batch.sources.append(change) }
        }
        batch.sources += lost
        lost = []
        retired = []
        fallAsleep()
        return batch
    }

    /// Looks at the paths without reading, while nobody can take what would be read: what is rotated away meanwhile is held open.
    func look(now: ContinuousClock.Instant) { scanIfDue(now: now, &carried) }

    private func scanIfDue(now: ContinuousClock.Instant, _ batch: inout IngestBatch) {
        guard nextScan.map({ now >= $0 }) ?? true else { return }
        scan(now: now, &batch)
        // Very many files are looked at less often, so that looking stays a small part of what there is to do.
        nextScan = now + configuration.scanInterval * max(1, matches / 1000)
    }

    /// Notes one step of what may take long.
    func step() {
        steps += 1
        if steps % 64 == 0 { onStep() }
    }

    // MARK: Reading

    /// Whether all files are at their ends.
    private func read(
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        let awake = files.filter { !$0.isFinished }
        guard awake.count == 1, let only = awake.first, only.predecessor == nil, !isTAI64N(only.currentName)
        else { return merge(awake, &budget, now: now, &batch) }
        defer {
            queue.update(only)
            if case .line(let line) = batch.items.last, let time = decoder.time(of: line) {
                queue.note(time.milliseconds)
            }
        }
        while !budget.isSpent {
            let outcome: TrackedFile.Outcome
            do throws(SystemError) {
                outcome =
                    try reopenIfGrown(only)
                    ? only.readOn(into: &batch, &budget, scratch: room(for: only), now: now) : .caughtUp
            } catch {
                outcome = .failed(error)
            }
            if case .more = outcome { continue }
            return settle(only, outcome, now: now, &batch)
        }
        return false
    }

    /// Draws the consequences of what reading a file came to; returns whether the other files can go on.
    func settle(
        _ file: TrackedFile,
        _ outcome: TrackedFile.Outcome,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        switch outcome {
        case .more: return false
        case .caughtUp: return file.lookahead.isEmpty ? settleAtEnd(file, now: now, &batch) : true
        case .replaced(let size):
            replace(file, knownSize: size, now: now, &batch)
            return false
        case .failed(let error):
            cannotRead(file.path, error, &batch)
            return true
        case .damaged:
            abandonArchive(file, &batch)
            return false
        }
    }

    private func settleAtEnd(
        _ file: TrackedFile,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        if file.archive != nil {
            finish(file, &batch)
            return true
        }
        if isTAI64N(file.currentName), let isDone = joinRest(of: file, now: now, &batch) { return isDone }
        guard file.rotatedFrom != nil, now - file.lastActivity >= configuration.rotatedGrace else {
            return true
        }
        finish(file, &batch)
        return true
    }

    /// Ends a source that has been read to its end.
    func finish(_ file: TrackedFile, _ batch: inout IngestBatch) {
        file.abandonRest(into: &batch, with: decoder)
        batch.notices.append(FollowerNotice(.finished, path: file.path))
        queue.update(file)
        release(after: file)
    }

    /// Lets the file that comes after one be read.
    func release(after file: TrackedFile) {
        for other in files where other.predecessor === file {
            other.predecessor = nil
            mark(other)
        }
    }

    /// Notes that it has to be seen which line of a file comes next.
    func mark(_ file: TrackedFile) {
        guard !file.isUnsure else { return }
        file.isUnsure = true
        unsure.append(file)
    }

    /// Where to read the next bytes of a file into: less where many files have something, since what was read of each waits in memory.
    func room(for file: TrackedFile) -> UnsafeMutableRawBufferPointer {
        let size = max(4096, min(TrackedFile.chunkSize, (64 << 20) / max(1, files.count)))
        let overlap = file.archive == nil ? file.splitter.withRecentBytes(\.count) : 0
        return UnsafeMutableRawBufferPointer(rebasing: scratch[..<(overlap + size)])
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

    // MARK: Open files

    /// Opens a closed file when it has changed; whether there is something to look at.
    func reopenIfGrown(_ file: TrackedFile) throws(SystemError) -> Bool {
        guard file.file == nil, file.archive == nil else { return true }
        // Renamed since, if it is not there; the next scan finds out.
        guard let status = try? FileStatus(path: file.path), status.locator == file.locator else {
            return false
        }
        if status == file.lastStatus, status.size == file.splitter.readOffset { return false }
        let opened = try OpenFile(path: file.path)
        guard try opened.status().locator == file.locator else { return false }
        hold(opened, for: file)
        return true
    }

    /// Keeps a file open, and closes the one that has been idle longest when too many are; one that no path leads to stays open.
    func hold(_ opened: OpenFile, for file: TrackedFile) {
        if openFiles.count >= configuration.maximumOpenFiles,
            let idle = openFiles.filter(\.isMatched).min(by: { $0.lastActivity < $1.lastActivity })
        {
            close(idle)
        }
        if file.file == nil { openFiles.append(file) }
        file.file = opened
        if let place = opened.place, place != file.place {
            file.place = place
            file.isTouched = true
            folders[file.rotatedFrom ?? file.path, default: []].insert(SystemPath.folder(of: place))
        }
    }

    /// Closes a file.
    func close(_ file: TrackedFile) {
        guard file.file != nil else { return }
        file.file = nil
        openFiles.removeAll { $0 === file }
    }

    /// Looks again at the files that are open, and may have grown, and at those that were rotated away, and may be over.
    func markOpenFiles() {
        for file in openFiles where !file.lookahead.isFull && !file.isFinished { mark(file) }
        for file in files where file.rotatedFrom != nil && !file.lookahead.isFull && !file.isFinished {
            mark(file)
        }
    }

    // MARK: Sleep

    /// A source whose file need not be read unless it changes.
    struct Sleeper {
        /// The path that leads to it.
        let path: String
        /// As it was when it had been read to its end; nil: it has to be looked at again.
        let status: FileStatus?
        /// Whether it is followed, and not one that was rotated away.
        let isMatched: Bool
    }

    /// Files that were rotated away and read, and are watched for what a writer may still append, at most.
    private static let mostRetired = 1000

    /// Lets go of what is finished, and of what is closed and has been read to its end.
    private func fallAsleep() {
        var isAnyAsleep = false
        var retired: Int?
        for file in files {
            let isIdle =
                file.file == nil && file.archive == nil && file.isMatched && file.rotatedFrom == nil
                && file.isExhausted && !file.splitter.hasRest && !file.isUnsure
                && file.lastStatus?.size == file.splitter.readOffset
            guard file.isFinished || isIdle, let stored = file.stored else { continue }
            isAnyAsleep = true
            file.isAsleep = true
            known[file.locator, default: []].append(stored)
            if file.isMatched {
                asleep[file.locator] = Sleeper(path: file.path, status: file.lastStatus, isMatched: true)
            } else if let open = file.file, let status = try? open.status(), status.links > 0,
                let place = open.place
            {
                let count = retired ?? asleep.count(where: { !$0.value.isMatched })
                retired = count
                guard count < Self.mostRetired else {
                    close(file)
                    continue
                }
                retired = count + 1
                // Its writer may not know yet that it was rotated away.
                let isRead = status.size == file.splitter.readOffset
                asleep[file.locator] = Sleeper(
                    path: place,
                    status: isRead ? status : nil,
                    isMatched: false
                )
            }
            close(file)
        }
        if isAnyAsleep { files.removeAll(where: \.isAsleep) }
    }
}
