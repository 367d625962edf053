import Domain

extension LiveReader {
    /// Meets a file that is not being read: a known source or a new one.
    func meet(
        _ locator: FileLocator,
        _ paths: [String],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile? {
        do throws(SystemError) {
            let file = try OpenFile(path: paths[0])
            let status = try file.status()
            // Replaced between the look and the opening; the next scan meets what is there now.
            guard status.locator == locator, status.isRegular else {
                for source in takeKnown(at: locator) { seek(source, now: now, &batch) }
                return nil
            }
            if !told.isEmpty { for path in paths { forgetTold(path) } }
            let known = try resume(locator, in: file, paths, now: now, &batch)
            let tracked: TrackedFile
            if let known {
                tracked = known
            } else {
                tracked = newFile(locator, paths[0], in: file, now: now, &batch)
            }
            let end =
                tracked.isFinished
                ? max(tracked.splitter.readOffset, tracked.knownSize) : tracked.splitter.readOffset
            noteRewriting(of: tracked, status, now: now)
            tracked.note(status)
            if tracked.splitter.readOffset == 0 {
                tracked.splitter.prime(try file.bytes(at: 0, count: LineSplitter.guardLength))
            }
            if tracked.isFinished { tracked.isFinished = status.size == end }
            if status.size == end { tracked.lastStatus = status }
            hold(file, for: tracked)
            return tracked
        } catch {
            cannotRead(paths[0], error, &batch)
            return nil
        }
    }

    /// A file that was written to and has not grown, or was empty, may have been filled, copied and cut in between.
    func noteRewriting(of file: TrackedFile, _ status: FileStatus, now: ContinuousClock.Instant) {
        guard status.size == file.splitter.readOffset || file.splitter.readOffset == 0, file.modified != 0,
            status.modified != file.modified
        else { return }
        expectGenerations(of: file.rotatedFrom ?? file.path, since: file.modified, now: now)
    }

    private func forgetTold(_ path: String) {
        guard told.contains(where: { $0.kind == .unreadable && $0.path == path }) else { return }
        told = told.filter { $0.kind != .unreadable || $0.path != path }
    }

    /// A source that begins with its file.
    private func newFile(
        _ locator: FileLocator,
        _ path: String,
        in file: OpenFile,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile {
        batch.notices.append(FollowerNotice(.found, path: path))
        // It need not be the first after the one that was followed before.
        if let newest = newest[path] { expectGenerations(of: path, since: newest, now: now) }
        return TrackedFile(
            new: path,
            locator: locator,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
    }

    /// The known source that a file is; those that it is no longer are looked for elsewhere.
    private func resume(
        _ locator: FileLocator,
        in file: OpenFile,
        _ paths: [String],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) throws(SystemError) -> TrackedFile? {
        let candidates = known[locator] ?? []
        var result: TrackedFile?
        var rest: [SourceFile] = []
        for candidate in candidates.filter({ !$0.position.isFinished })
            + candidates.filter(\.position.isFinished).reversed()
        {
            // Whatever is there would be what was empty and is over.
            if result == nil, candidate.prefixLength > 0 || !candidate.position.isFinished,
                let content = try KnownContent(of: candidate, in: file)
            {
                result = TrackedFile(
                    known: candidate,
                    content: content,
                    maximumLineBytes: configuration.maximumLineBytes,
                    now: now
                )
            } else if !candidate.position.isFinished {
                owe(Owed(source: candidate, file: nil, kind: .truncated))
                expectGenerations(of: candidate.path, since: candidate.modified, now: now)
            } else {
                rest.append(candidate)
            }
        }
        known[locator] = rest.isEmpty ? nil : rest
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
}
