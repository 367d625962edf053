import Domain

/// Reads files at rest to their ends, one after the other.
final class ReplayReader: SourceReader {
    private let configuration: FollowerConfiguration
    private let known: [FileLocator: [SourceFile]]
    private var waiting: [String]?
    private var seen: Set<FileLocator> = []
    private var current: (file: TrackedFile, stream: ReplayStream)?
    private var failure: IngestError?
    private var total: Int64?
    private var completed: Int64 = 0
    private let scratch: UnsafeMutableRawBufferPointer

    init(configuration: FollowerConfiguration, known: [SourceFile]) {
        self.configuration = configuration
        self.known = Dictionary(grouping: known) { FileLocator(device: $0.device, inode: $0.inode) }
        scratch = .allocate(byteCount: TrackedFile.chunkSize, alignment: 16)
    }

    deinit { scratch.deallocate() }

    var progress: (read: Int64, total: Int64?) { (completed + (current?.stream.consumed ?? 0), total) }

    func poll(
        maximumItems: Int,
        maximumBytes: Int,
        now: ContinuousClock.Instant
    ) throws(IngestError) -> IngestBatch {
        var batch = IngestBatch()
        var budget = ReadBudget(items: maximumItems, delivered: maximumBytes, read: maximumBytes)
        do throws(IngestError) {
            if let failure { throw failure }
            batch.isCaughtUp = try read(&budget, now: now, &batch)
            note(&batch)
        } catch {
            failure = error
            note(&batch)
            if batch.isEmpty { throw error }
        }
        return batch
    }

    private func note(_ batch: inout IngestBatch) {
        if let change = current?.file.takeChange() { batch.sources.append(change) }
    }

    /// Whether every file has been read.
    private func read(
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) throws(IngestError) -> Bool {
        while !budget.isSpent {
            guard let (file, stream) = current else {
                guard try openNext(now: now, &batch) else { return true }
                continue
            }
            guard file.drain(into: &batch, &budget) else { break }
            let position = file.splitter.readOffset
            let count = try stream.read(into: scratch, position: position)
            if count > 0 {
                file.isFinished = false
                file.splitter.append(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                batch.bytesRead += Int64(count)
                budget.read -= count
            } else {
                // A file at rest needs no line feed at its end.
                if let piece = file.splitter.finish() { file.deliver(piece, to: &batch, &budget) }
                file.isFinished = true
                completed += stream.consumed
                note(&batch)
                current = nil
            }
        }
        return false
    }

    private func openNext(
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) throws(IngestError) -> Bool {
        var paths: [String]
        if let waiting { paths = waiting } else { paths = try expanded() }
        guard !paths.isEmpty else {
            waiting = []
            return false
        }
        let path = paths.removeFirst()
        let (_, status) = try opened(path)
        waiting = paths
        guard seen.insert(status.locator).inserted else { return true }
        for candidate in known[status.locator] ?? [] {
            current = try resumed(candidate, path)
            guard current != nil else { continue }
            if candidate.position.offset > 0 {
                batch.notices.append(
                    FollowerNotice(.readBefore, path: path, bytes: candidate.position.offset)
                )
            }
            return true
        }
        batch.notices.append(FollowerNotice(.found, path: path))
        let (file, _) = try opened(path)
        let tracked = TrackedFile(
            new: path,
            locator: status.locator,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
        current = (tracked, try ReplayStream(path: path, file: file))
        return true
    }

    /// The known source that a file is, with its stream at the source's position; nil when it is another.
    private func resumed(
        _ candidate: SourceFile,
        _ path: String
    ) throws(IngestError) -> (file: TrackedFile, stream: ReplayStream)? {
        let (file, status) = try opened(path)
        let stream = try ReplayStream(path: path, file: file)
        let content: KnownContent?
        var following: [UInt8] = []
        if stream.isArchive {
            let skipped = try stream.content(of: candidate, scratch: scratch)
            content = skipped?.content
            following = skipped?.read ?? []
        } else {
            do throws(SystemError) { content = try KnownContent(of: candidate, in: file) } catch {
                throw .unreadable(path: path, cause: "\(error)")
            }
            stream.seek(to: candidate.position.offset)
        }
        guard let content else { return nil }
        let tracked = TrackedFile(
            known: candidate,
            content: content,
            maximumLineBytes: configuration.maximumLineBytes,
            now: .now
        )
        tracked.path = path
        tracked.knownSize = status.size
        following.withUnsafeBytes { tracked.splitter.append($0) }
        return (tracked, stream)
    }

    private func opened(_ path: String) throws(IngestError) -> (OpenFile, FileStatus) {
        let file: OpenFile
        let status: FileStatus
        do throws(SystemError) {
            file = try OpenFile(path: path)
            status = try file.status()
        } catch {
            throw .unreadable(path: path, cause: "\(error)")
        }
        guard status.isRegular else { throw .unreadable(path: path, cause: "not a regular file") }
        return (file, status)
    }

    private func expanded() throws(IngestError) -> [String] {
        let patterns = PathPatterns(patterns: configuration.paths)
        for pattern in configuration.paths where patterns.matches(of: pattern).isEmpty {
            throw .noSuchFile(path: pattern)
        }
        let paths = patterns.matches()
        total = paths.reduce(0) { sum, path in sum + ((try? FileStatus(path: path))?.size ?? 0) }
        return paths
    }
}
