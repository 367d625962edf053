import Domain

extension LiveReader {
    /// Looks at the paths: meets new files, notices renamed and vanished ones.
    func scan(now: ContinuousClock.Instant, _ batch: inout IngestBatch) {
        unreadable = []
        let (order, found) = look(&batch)
        for file in files { review(file, found[file.locator], now: now, &batch) }
        let tracked = Set(files.map(\.locator))
        if isFirstScan { files += resumeRotated(except: found, now: now, &batch) }
        for locator in order where !tracked.contains(locator) {
            guard let paths = found[locator]?.paths else { continue }
            if let file = meet(locator, paths, now: now, &batch) { files.append(file) }
        }
        isFirstScan = false
    }

    private typealias Found = (paths: [String], status: FileStatus)

    private func look(_ batch: inout IngestBatch) -> (order: [FileLocator], found: [FileLocator: Found]) {
        var order: [FileLocator] = []
        var found: [FileLocator: Found] = [:]
        var notices: Set<FollowerNotice> = []
        for path in patterns.matches() {
            let status: FileStatus
            do throws(SystemError) { status = try FileStatus(path: path) } catch {
                cannotRead(path, error, &batch)
                continue
            }
            if !status.isRegular {
                notices.insert(FollowerNotice(.notRegular, path: path))
            } else if isArchive(path: path) {
                notices.insert(FollowerNotice(.archive, path: path))
            } else if found[status.locator] == nil {
                order.append(status.locator)
                found[status.locator] = ([path], status)
            } else {
                found[status.locator]?.paths.append(path)
            }
        }
        for notice in notices.sorted(by: { $0.path < $1.path }) { tell(notice, &batch) }
        return (order, found)
    }

    /// What became of a file met earlier.
    private func review(
        _ file: TrackedFile,
        _ found: Found?,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        if let found {
            file.isMatched = true
            if !found.paths.contains(file.path) { rotate(file, to: found.paths[0], now: now, &batch) }
            if file.isFinished {
                if file.lastStatus == nil { file.lastStatus = found.status }
                if found.status != file.lastStatus || found.status.size > file.splitter.readOffset {
                    file.isFinished = false
                    file.lastActivity = now
                }
            }
        } else if file.isMatched {
            file.isMatched = false
            guard !file.isFinished else { return }
            rotate(file, to: file.path, now: now, &batch)
            guard file.file == nil else { return }
            file.file = path(of: file.locator, inDirectoryOf: file.path).flatMap { try? OpenFile(path: $0) }
            if file.file == nil {
                let missing = file.knownSize - file.splitter.readOffset
                file.abandonRest(into: &batch)
                batch.notices.append(FollowerNotice(.lost, path: file.path, bytes: max(0, missing)))
            }
        }
    }

    private func rotate(
        _ file: TrackedFile,
        to path: String,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        batch.notices.append(FollowerNotice(.rotated, path: file.path, detail: path == file.path ? "" : path))
        file.rotatedFrom = file.rotatedFrom ?? file.path
        file.path = path
        file.lastActivity = now
    }

    /// Meets a file that no path led to before: a known source or a new one.
    private func meet(
        _ locator: FileLocator,
        _ paths: [String],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile? {
        do throws(SystemError) {
            let file = try OpenFile(path: paths[0])
            let status = try file.status()
            // Replaced between the look and the opening; the next scan meets it.
            guard status.locator == locator, status.isRegular else { return nil }
            told = told.filter { $0.kind != .unreadable || !paths.contains($0.path) }
            let tracked =
                try resume(locator, in: file, paths, now: now, &batch)
                ?? newFile(locator, paths[0], now: now, &batch)
            tracked.knownSize = status.size
            if tracked.splitter.readOffset == 0 {
                tracked.splitter.prime(try file.bytes(at: 0, count: LineSplitter.guardLength))
            }
            if tracked.isFinished {
                tracked.lastStatus = status.size == tracked.splitter.readOffset ? status : nil
                tracked.isFinished = status.size == tracked.splitter.readOffset
            }
            if !tracked.isFinished {
                makeRoom()
                tracked.file = file
            }
            return tracked
        } catch {
            cannotRead(paths[0], error, &batch)
            return nil
        }
    }

    private func newFile(
        _ locator: FileLocator,
        _ path: String,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile {
        batch.notices.append(FollowerNotice(.found, path: path))
        return TrackedFile(
            new: path,
            locator: locator,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
    }

    /// The known source that a file is; those that it is no longer are finished.
    private func resume(
        _ locator: FileLocator,
        in file: OpenFile,
        _ paths: [String],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) throws(SystemError) -> TrackedFile? {
        let candidates = known[locator] ?? []
        var result: TrackedFile?
        var replaced: [SourceFile] = []
        for candidate in candidates.filter({ !$0.position.isFinished })
            + candidates.filter(\.position.isFinished).reversed()
        {
            if result == nil, let content = try KnownContent(of: candidate, in: file) {
                result = TrackedFile(
                    known: candidate,
                    content: content,
                    maximumLineBytes: configuration.maximumLineBytes,
                    now: now
                )
            } else if !candidate.position.isFinished {
                replaced.append(candidate)
            }
        }
        known[locator] = nil
        for source in replaced {
            batch.notices.append(FollowerNotice(.truncated, path: source.path))
            end(source)
        }
        if let result, !paths.contains(result.path) {
            if result.isFinished {
                result.rotatedFrom = result.path
                result.path = paths[0]
            } else {
                rotate(result, to: paths[0], now: now, &batch)
            }
        }
        return result
    }

    /// Known sources that no path leads to any more, but that are still there under another name.
    private func resumeRotated(
        except found: [FileLocator: Found],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> [TrackedFile] {
        var result: [TrackedFile] = []
        for (locator, sources) in known where found[locator] == nil {
            for source in sources where !source.position.isFinished && patterns.covers(source.path) {
                if let file = reopen(source, locator, now: now) {
                    rotate(file, to: file.path, now: now, &batch)
                    result.append(file)
                    known[locator]?.removeAll { $0.id == source.id }
                } else {
                    batch.notices.append(FollowerNotice(.lost, path: source.path))
                    end(source)
                }
            }
        }
        return result.sorted { $0.id < $1.id }
    }

    private func reopen(
        _ source: SourceFile,
        _ locator: FileLocator,
        now: ContinuousClock.Instant
    ) -> TrackedFile? {
        // Without a fingerprint, any file that was given the same inode would do.
        guard source.prefixLength > 0,
            let path = path(of: locator, inDirectoryOf: source.path),
            let file = try? OpenFile(path: path),
            let content = try? KnownContent(of: source, in: file)
        else { return nil }
        let tracked = TrackedFile(
            known: source,
            content: content,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
        tracked.isMatched = false
        tracked.file = file
        return tracked
    }

    /// Has a known source stored as finished; should it turn up again after all, it goes on.
    private func end(_ source: SourceFile) {
        var ended = source
        ended.position.isFinished = true
        lost.append(SourceChange(file: ended, expectedOffset: source.position.offset))
        let locator = FileLocator(device: source.device, inode: source.inode)
        known[locator, default: []].removeAll { $0.id == source.id }
        known[locator, default: []].append(ended)
    }
}

extension LiveReader {
    /// Opens a closed file when it has changed; whether there is something to look at.
    func reopenIfGrown(_ file: TrackedFile) throws(SystemError) -> Bool {
        guard file.file == nil else { return true }
        // Renamed since, if it is not there; the next scan finds out.
        guard let status = try? FileStatus(path: file.path), status.locator == file.locator else {
            return false
        }
        if status == file.lastStatus, status.size == file.splitter.readOffset { return false }
        let opened = try OpenFile(path: file.path)
        guard try opened.status().locator == file.locator else { return false }
        makeRoom()
        file.file = opened
        return true
    }

    /// Closes the file that has been idle longest when too many are open; one that no path leads to stays open.
    func makeRoom() {
        let open = files.filter { $0.file != nil }
        guard open.count >= configuration.maximumOpenFiles else { return }
        open.filter(\.isMatched).min { $0.lastActivity < $1.lastActivity }?.file = nil
    }
}
