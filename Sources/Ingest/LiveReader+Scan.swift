import Domain

/// What a path, or several, lead to.
typealias FoundFile = (paths: [String], status: FileStatus)

extension LiveReader {
    /// Looks at the paths: meets new files, notices renamed, replaced and vanished ones.
    ///
    /// The work grows with the number of files, and with nothing else.
    func scan(now: ContinuousClock.Instant, _ batch: inout IngestBatch) {
        unreadable = []
        let (order, found) = look(now: now, &batch)
        // What is missing now has gone before this.
        (listings, outdated) = ([:], 0)
        for file in files { review(file, found[file.locator], now: now, &batch) }
        var missing = wake(found, now: now, &batch)
        if isFirstScan { missing += unmatched(found, now: now, &batch) }
        for source in missing.sorted(by: { $0.id < $1.id }) { seek(source, now: now, &batch) }
        let awake = Set(files.map(\.locator))
        for locator in order where !awake.contains(locator) && asleep[locator] == nil {
            step()
            guard let paths = found[locator]?.paths else { continue }
            if let file = meet(locator, paths, now: now, &batch) { add(file) }
        }
        searchGenerations(except: found, now: now, &batch)
        linkChains()
        isFirstScan = false
    }

    /// Begins to read a file.
    func add(_ file: TrackedFile) {
        files.append(file)
        mark(file)
    }

    private func look(
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> (order: [FileLocator], found: [FileLocator: FoundFile]) {
        var order: [FileLocator] = []
        var found: [FileLocator: FoundFile] = [:]
        var notices: Set<FollowerNotice> = []
        (matches, unfitPaths) = (0, 0)
        for pattern in patterns.patterns {
            // While there is no file, one may come and go between two looks.
            if let newest = newest[pattern], (try? FileStatus(path: pattern)) == nil {
                expectGenerations(of: pattern, since: newest, now: now)
            }
            for path in patterns.matches(of: pattern) {
                step()
                matches += 1
                let status: FileStatus
                do throws(SystemError) { status = try FileStatus(path: path) } catch {
                    cannotRead(path, error, &batch)
                    continue
                }
                if !status.isRegular || isArchive(path: path) {
                    // Among others it is passed over; what is named itself was meant.
                    if path == pattern { unfitPaths += 1 }
                    notices.insert(FollowerNotice(status.isRegular ? .archive : .notRegular, path: path))
                } else if found[status.locator] == nil {
                    order.append(status.locator)
                    found[status.locator] = ([path], status)
                } else if found[status.locator]?.paths.contains(path) == false {
                    found[status.locator]?.paths.append(path)
                }
            }
        }
        for notice in notices.sorted(by: { $0.path < $1.path }) { tell(notice, &batch) }
        return (order, found)
    }

    /// What became of a file that is being read.
    private func review(
        _ file: TrackedFile,
        _ found: FoundFile?,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        if let found {
            file.isMatched = true
            if !found.paths.contains(file.path) { rotate(file, to: found.paths[0], now: now, &batch) }
            if file.isFinished, found.status != file.lastStatus {
                file.isFinished = false
                file.lastActivity = now
            }
            noteRewriting(of: file, found.status, now: now)
            if found.status.size > file.knownSize { noteGrowth(of: file) }
            if found.status != file.lastStatus { mark(file) }
            return
        }
        guard file.isMatched else {
            // Closed files of which more may come are only those that are followed.
            return
        }
        file.isMatched = false
        rotate(file, to: file.path, now: now, &batch)
        guard file.file == nil else { return mark(file) }
        // The inode may have been given to another file since.
        if let path = path(of: file.locator, of: [file.path, file.place]), !isArchive(path: path),
            let open = try? OpenFile(path: path), holds(open, file)
        {
            hold(open, for: file)
            mark(file)
        } else {
            owe(Owed(source: file.current, file: file, kind: .lost))
        }
    }

    /// Notes how much there is that was not read yet, and how it begins: so that it is known what was lost, or that a copy is one.
    ///
    /// What stands there instead of what was read is another source's.
    func noteGrowth(of file: TrackedFile) {
        guard let open = file.file ?? (try? OpenFile(path: file.path)), let status = try? open.status(),
            status.locator == file.locator, holds(open, file)
        else { return }
        file.noteSize(status.size)
        guard file.splitter.readOffset == 0, file.splitter.prefix.count < LineSplitter.guardLength,
            status.size > file.splitter.prefix.count,
            let bytes = try? open.bytes(at: 0, count: LineSplitter.guardLength)
        else { return }
        file.splitter.prime(bytes)
        file.isTouched = true
    }

    /// Whether a file begins with what was read of a source.
    func holds(_ open: OpenFile, _ file: TrackedFile) -> Bool {
        let recent = file.splitter.withRecentBytes { Array($0) }
        let start = file.splitter.readOffset - Int64(recent.count)
        return (try? open.bytes(at: 0, count: file.splitter.prefix.count)) == file.splitter.prefix
            && (try? open.bytes(at: start, count: recent.count)) == recent
    }

    /// Notes that a path leads to a file no longer, or to another.
    func rotate(
        _ file: TrackedFile,
        to path: String,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        batch.notices.append(FollowerNotice(.rotated, path: file.path, detail: path == file.path ? "" : path))
        file.rotatedFrom = file.rotatedFrom ?? file.path
        file.path = path
        file.lastActivity = now
        file.isTouched = true
        if let open = file.file {
            noteGrowth(of: file)
            hold(open, for: file)
        }
        expectGenerations(of: file.rotatedFrom ?? path, since: file.modified, now: now)
        queue.update(file)
    }

    // MARK: Known sources

    /// Looks at the files that are asleep; those that have changed are left to be met again.
    ///
    /// - Returns: sources whose files are not where they were.
    private func wake(
        _ found: [FileLocator: FoundFile],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> [SourceFile] {
        var missing: [SourceFile] = []
        var grown: [(locator: FileLocator, path: String)] = []
        for (locator, sleeper) in asleep {
            step()
            if let found = found[locator] {
                let isSame = found.status == sleeper.status && found.paths.contains(sleeper.path)
                if !isSame || !sleeper.isMatched { asleep[locator] = nil }
            } else if sleeper.isMatched {
                asleep[locator] = nil
                expectCompressed(locator, now: now)
                missing += takeKnown(at: locator)
            } else {
                let status = try? FileStatus(path: sleeper.path)
                if status?.locator != locator {
                    asleep[locator] = nil
                    // Renamed once more, or gone.
                    if let path = path(of: locator, of: [sleeper.path]) {
                        grown.append((locator, path))
                    } else {
                        expectCompressed(locator, now: now)
                    }
                } else if status != sleeper.status {
                    asleep[locator] = nil
                    grown.append((locator, sleeper.path))
                }
            }
        }
        for (locator, path) in grown.sorted(by: { $0.path < $1.path }) { goOn(locator, path, now: now) }
        return missing
    }

    /// Looks for what a finished file has become: what was appended to it since it was read may have been compressed with it.
    private func expectCompressed(_ locator: FileLocator, now: ContinuousClock.Instant) {
        for source in known[locator] ?? [] {
            expectGenerations(of: source.path, since: source.modified, now: now)
        }
    }

    /// Unfinished sources of a locator, which is theirs no longer.
    func takeKnown(at locator: FileLocator) -> [SourceFile] {
        let sources = known[locator] ?? []
        known[locator] = sources.filter(\.position.isFinished)
        return sources.filter { !$0.position.isFinished }
    }

    /// What is known of an earlier run, and no path leads to: unfinished sources, while finished ones are watched again where they lie.
    private func unmatched(
        _ found: [FileLocator: FoundFile],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> [SourceFile] {
        var missing: [SourceFile] = []
        var places: Set<String> = []
        for (locator, sources) in known {
            for source in sources where patterns.covers(source.path) {
                step()
                // Whatever was rotated away while nobody looked.
                expectGenerations(of: source.path, since: newest[source.path] ?? source.modified, now: now)
                guard found[locator] == nil else { continue }
                places.formUnion(searchedFolders(of: source.path))
                if !source.position.isFinished {
                    missing.append(source)
                    known[locator]?.removeAll { $0.id == source.id }
                }
            }
        }
        for place in places.sorted() {
            let folder = Folder(place, onEntry: step)
            for inode in folder.inodes {
                guard let path = folder.path(ofInode: inode), let status = try? FileStatus(path: path),
                    status.isRegular, found[status.locator] == nil,
                    known[status.locator]?.contains(where: \.position.isFinished) == true
                else { continue }
                goOn(status.locator, path, now: now)
            }
        }
        return missing
    }

    /// Reads what was appended to a finished source whose file was rotated away, and watches it where there is nothing.
    private func goOn(_ locator: FileLocator, _ path: String, now: ContinuousClock.Instant) {
        guard !isArchive(path: path), let file = try? OpenFile(path: path), let status = try? file.status(),
            status.locator == locator
        else { return }
        for source in (known[locator] ?? []).reversed()
        where source.position.isFinished && source.prefixLength > 0 {
            guard let content = try? KnownContent(of: source, in: file) else { continue }
            guard status.size > max(source.position.offset, source.knownSize) else {
                asleep[locator] = Sleeper(path: path, status: status, isMatched: false)
                return
            }
            known[locator]?.removeAll { $0.id == source.id }
            let tracked = TrackedFile(
                known: source,
                content: content,
                maximumLineBytes: configuration.maximumLineBytes,
                now: now
            )
            tracked.isFinished = false
            tracked.isMatched = false
            tracked.rotatedFrom = tracked.path
            hold(file, for: tracked)
            tracked.note(status)
            add(tracked)
            return
        }
    }

    /// Looks for a known source that no path leads to any more, but that is still there under another name.
    func seek(_ source: SourceFile, now: ContinuousClock.Instant, _ batch: inout IngestBatch) {
        step()
        let locator = FileLocator(device: source.device, inode: source.inode)
        guard let path = path(of: locator, of: [source.path, source.place]), !isArchive(path: path),
            // Without a fingerprint, any file that was given the same inode would do.
            source.prefixLength > 0
                || isGeneration(SystemPath.base(of: path), of: SystemPath.base(of: source.path)),
            let file = try? OpenFile(path: path), let content = try? KnownContent(of: source, in: file)
        else {
            owe(Owed(source: source, file: nil, kind: .lost))
            return expectGenerations(of: source.path, since: source.modified, now: now)
        }
        let tracked = TrackedFile(
            known: source,
            content: content,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
        tracked.isMatched = false
        hold(file, for: tracked)
        rotate(tracked, to: tracked.path, now: now, &batch)
        add(tracked)
    }
}
