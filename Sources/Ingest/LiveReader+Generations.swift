import Domain

/// A source whose bytes are no longer where they were.
struct Owed {
    /// As it was last known.
    let source: SourceFile
    /// Where it was being read just now: what is in memory of it.
    let file: TrackedFile?
    /// What it is told as, should it not be found.
    let kind: FollowerNotice.Kind
}

/// A path from which something was rotated away.
struct RotationWindow {
    /// What was last written to before this, in nanoseconds since the epoch, was read or is older than what is followed.
    let frontier: Int64
    /// How long generations are looked for: whoever rotates may not be done.
    let until: ContinuousClock.Instant
    /// Whether an archive of it is being written.
    var isUnsettled = false
}

/// A file that was looked at as a generation, as it was then.
struct JudgedFile: Hashable {
    let locator: FileLocator
    let size: Int64
    let modified: Int64
}

extension LiveReader {
    /// Looks for generations of a path from now on, for a while.
    ///
    /// - Parameters:
    ///   - path: as it is followed.
    ///   - modified: when the file that left it was last written to.
    ///   - now: the instant.
    func expectGenerations(of path: String, since modified: Int64, now: ContinuousClock.Instant) {
        newest[path] = max(newest[path] ?? .min, modified)
        let until = now + configuration.rotatedGrace
        let frontier = min(windows[path]?.frontier ?? .max, modified)
        windows[path] = RotationWindow(frontier: frontier, until: until)
    }

    /// Finds what was rotated away unseen, and what the sources that are owed have become.
    ///
    /// Generations lie in the folder of the path, of the file that it leads to, or where others went before. Each is known by its content, and one that is
    /// new is read before what is followed now.
    ///
    /// - Parameters:
    ///   - only: the path whose generations are looked for; nil: all that are expected.
    ///   - found: what the paths lead to.
    ///   - now: the instant.
    ///   - batch: what is told.
    func searchGenerations(
        of only: String? = nil,
        except found: [FileLocator: FoundFile],
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        guard !windows.isEmpty || !owed.isEmpty else { return }
        var index = ContentIndex()
        var paths = only.map { [$0] } ?? windows.keys.sorted()
        for _ in 0..<2 {
            (listings, held) = ([:], nil)
            for path in paths { search(path, except: found, &index, now: now, &batch) }
            // Once more where something is owed: a folder is not seen in one instant.
            paths.removeAll { owed[$0] == nil }
            if paths.isEmpty { break }
        }
        for path in only.map({ [$0] }) ?? owed.keys.sorted()
        where windows[path]?.isUnsettled != true || (windows[path]?.until ?? now) <= now {
            for one in owed.removeValue(forKey: path) ?? [] { lose(one, &batch) }
        }
        windows = windows.filter { $0.value.until > now }
        if windows.isEmpty { judged = [] }
        (listings, held) = ([:], nil)
    }

    /// Notes a source whose bytes have to be looked for.
    func owe(_ one: Owed) { owed[one.source.path, default: []].append(one) }

    private func search(
        _ path: String,
        except found: [FileLocator: FoundFile],
        _ index: inout ContentIndex,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        guard let window = windows[path] else { return }
        windows[path]?.isUnsettled = false
        var bases = [SystemPath.base(of: path)]
        if let file = try? OpenFile(path: path), let place = file.place {
            bases.append(SystemPath.base(of: place))
        }
        bases += bases.compactMap { original(of: $0) }
        let least = owed[path]?.map(\.source.modified).min() ?? window.frontier
        var candidates: [(path: String, status: FileStatus)] = []
        for folder in searchedFolders(of: path).sorted() {
            candidates += listing(of: folder).generations(of: bases)
        }
        for candidate in candidates.sorted(by: { $0.status.modified < $1.status.modified }) {
            step()
            var status = candidate.status
            // Some compressors keep whole seconds.
            if isArchive(path: candidate.path), status.modified % 1_000_000_000 == 0 {
                status.modified += 999_999_999
            }
            let locator = status.locator
            let isOwed = owed[path] != nil
            guard status.modified >= min(least, window.frontier) else { continue }
            // An inode that was given back may be another file's now.
            if asleep[locator] != nil { continue }
            let held = self.held ?? Set(files.filter { $0.file != nil || $0.archive != nil }.map(\.locator))
            self.held = held
            if held.contains(locator) { continue }
            if found[locator] != nil, !isOwed { continue }
            let key = JudgedFile(locator: locator, size: status.size, modified: status.modified)
            if judged.contains(key), !isOwed { continue }
            if let suffix = compressedSuffixes.first(where: { candidate.path.hasSuffix($0) }),
                (try? FileStatus(path: String(candidate.path.dropLast(suffix.count)))) != nil
            {
                // Being written: what it is made of is still there.
                continue
            }
            switch judge(
                candidate.path,
                status,
                window,
                path,
                isNewAllowed: found[locator] == nil,
                &index,
                now: now,
                &batch
            ) {
            case .settled: judged.insert(key)
            case .unsettled: windows[path]?.isUnsettled = true
            case .later: break
            }
        }
    }

    private enum Verdict {
        case settled
        /// It is not complete yet.
        case unsettled
        /// It is what a source was that is still believed to be where it was.
        case later
    }

    /// Sees what a generation is: what a source has become, a copy of one, or one of its own.
    private func judge(
        _ candidate: String,
        _ status: FileStatus,
        _ window: RotationWindow,
        _ path: String,
        isNewAllowed: Bool,
        _ index: inout ContentIndex,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Verdict {
        guard let generation = Generation(path: candidate, scratch: scratch, onStep: step),
            !generation.prefix.isEmpty
        else { return .settled }
        do throws(IngestError) {
            for (place, one) in (owed[path] ?? []).enumerated() {
                guard let reading = try generation.reading(of: one) else { continue }
                owed[path]?.remove(at: place)
                if owed[path]?.isEmpty == true { owed[path] = nil }
                resume(one, reading, candidate, status, now: now, &batch)
                return .settled
            }
            guard isNewAllowed else { return .settled }
            // What a supervisor's logger has closed is no copy, even if it is a piece of a line like another.
            let isCopyPossible = !isTAI64N(SystemPath.base(of: candidate))
            for file in files where isCopyPossible && !file.isFinished && file.archive == nil {
                // A copy of what is being read, or of a file that is held open; it has no more than its original.
                let current = file.current
                guard let reading = try generation.reading(of: current) else { continue }
                let known = current.knownSize - current.position.offset
                if try !reading.holds(moreThan: known, scratch) { return .settled }
                // Cut since it was last read: its next turn finds that, and this copy.
                if let open = file.file, !holds(open, file) { return .later }
            }
            let same = isCopyPossible ? index.sources(like: generation, known) : known[status.locator] ?? []
            for source in same {
                guard let reading = try generation.reading(of: source) else { continue }
                // A compressed file that is longer than what was read: its writer went on.
                let known = source.knownSize - source.position.offset
                let hasMore = try reading.holds(moreThan: known, scratch)
                if hasMore || !source.position.isFinished, let reading = try generation.reading(of: source) {
                    let one = Owed(source: source, file: nil, kind: .lost)
                    forget(source)
                    resume(one, reading, candidate, status, now: now, &batch)
                }
                return .settled
            }
            guard status.modified >= window.frontier else { return .settled }
            let reading = try generation.beginning()
            let file = TrackedFile(
                new: path,
                locator: status.locator,
                maximumLineBytes: configuration.maximumLineBytes,
                now: now
            )
            begin(file, reading, candidate, status, now: now, &batch)
        } catch {
            if case .cutArchive = error { return .unsettled }
            // It cannot be told whose it was; a file that was read to its end and compressed keeps its time.
            let second: Int64 = 1_000_000_000
            let isKnown = known.values.contains {
                $0.contains { $0.modified / second == status.modified / second && $0.position.isFinished }
            }
            if isNewAllowed, !isKnown, status.modified >= window.frontier {
                let unread = SourceFile(
                    unread: candidate,
                    size: status.size,
                    modified: status.modified,
                    device: status.locator.device,
                    inode: status.locator.inode
                )
                lost.append(SourceChange(file: unread, expectedOffset: nil))
                known[status.locator, default: []].append(unread)
                batch.losses.append(SourceLoss(path: candidate, bytes: status.size))
                batch.notices.append(
                    FollowerNotice(.lost, path: candidate, detail: "\(error)", bytes: status.size)
                )
            }
        }
        return .settled
    }

    /// Forgets a known source, which is read again.
    private func forget(_ source: SourceFile) {
        let locator = FileLocator(device: source.device, inode: source.inode)
        known[locator]?.removeAll { $0.id == source.id }
    }

    private func resume(
        _ owed: Owed,
        _ reading: Reading,
        _ candidate: String,
        _ status: FileStatus,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        let file: TrackedFile
        if let known = owed.file {
            file = known
            close(file)
        } else {
            file = TrackedFile(
                known: owed.source,
                content: reading.content,
                maximumLineBytes: configuration.maximumLineBytes,
                now: now
            )
            file.isFinished = false
        }
        begin(file, reading, candidate, status, now: now, &batch)
    }

    /// Reads on from a generation.
    private func begin(
        _ file: TrackedFile,
        _ reading: Reading,
        _ candidate: String,
        _ status: FileStatus,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        file.splitter.prime(reading.content.prefix)
        reading.following.withUnsafeBytes { file.splitter.append($0) }
        file.locator = status.locator
        held?.insert(status.locator)
        file.isMatched = false
        file.rotatedFrom = file.rotatedFrom ?? file.path
        file.lastActivity = now
        file.isTouched = true
        file.place = candidate
        file.modified = status.modified
        if reading.isArchive {
            file.archive = reading.stream
            file.knownSize = file.splitter.readOffset
        } else {
            hold(reading.file, for: file)
            file.note(status)
        }
        batch.notices.append(
            FollowerNotice(.recovered, path: file.rotatedFrom ?? file.path, detail: candidate)
        )
        if files.contains(where: { $0 === file }) { mark(file) } else { add(file) }
        queue.update(file)
    }

    /// Tells what cannot be read any more, and has it stored as finished; should it turn up again after all, it goes on.
    func lose(_ owed: Owed, _ batch: inout IngestBatch) {
        var ended = owed.source
        if let file = owed.file {
            file.lostBytes += max(0, file.knownSize - file.splitter.readOffset)
            file.abandonRest(into: &batch, with: decoder)
            close(file)
            files.removeAll { $0 === file }
            queue.update(file)
            retired.append(file)
            report(owed.kind, file.path, max(0, file.knownSize - file.splitter.readOffset), &batch)
            return
        }
        let bytes = max(0, ended.knownSize - ended.position.offset)
        ended.lostBytes += bytes
        ended.position.isFinished = true
        lost.append(SourceChange(file: ended, expectedOffset: owed.source.position.offset))
        known[FileLocator(device: ended.device, inode: ended.inode), default: []].append(ended)
        report(owed.kind, ended.path, bytes, &batch)
    }

    private func report(
        _ kind: FollowerNotice.Kind,
        _ path: String,
        _ bytes: Int64,
        _ batch: inout IngestBatch
    ) {
        if bytes > 0 { batch.losses.append(SourceLoss(path: path, bytes: bytes)) }
        batch.notices.append(
            FollowerNotice(
                kind,
                path: path,
                detail: "what was written since the last look is not known",
                bytes: bytes
            )
        )
    }

    /// Ends a source whose bytes are gone, unless a copy of them is found; what stands in their place is a new source.
    func replace(
        _ file: TrackedFile,
        knownSize: Int64,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) {
        var all = ReadBudget(items: .max, delivered: .max, read: .max)
        _ = file.drain(into: &batch, &all)
        file.knownSize = knownSize
        let (locator, open, path) = (file.locator, file.file, file.path)
        let isFollowed = file.isMatched && file.rotatedFrom == nil
        close(file)
        queue.update(file)
        let followed = file.rotatedFrom ?? file.path
        owe(Owed(source: file.current, file: file, kind: .truncated))
        expectGenerations(of: followed, since: file.modified, now: now)
        searchGenerations(of: followed, except: [:], now: now, &batch)
        guard isFollowed, let open else { return }
        let successor = TrackedFile(
            new: path,
            locator: locator,
            maximumLineBytes: configuration.maximumLineBytes,
            now: now
        )
        hold(open, for: successor)
        if let status = try? open.status() { successor.note(status) }
        noteGrowth(of: successor)
        add(successor)
    }

    /// Gives up an archive that cannot be decompressed further.
    func abandonArchive(_ file: TrackedFile, _ batch: inout IngestBatch) {
        let bytes = max(1, (file.archive?.size ?? 0) - (file.archive?.consumed ?? 0))
        file.lostBytes += bytes
        finish(file, &batch)
        batch.losses.append(SourceLoss(path: file.path, bytes: bytes))
        batch.notices.append(
            FollowerNotice(.lost, path: file.path, detail: "\(file.place) is damaged", bytes: bytes)
        )
    }
}

extension SourceFile {
    /// A file that is known to be a source and cannot be read: all of it is lost.
    fileprivate init(unread path: String, size: Int64, modified: Int64, device: UInt64, inode: UInt64) {
        self.init(
            id: TrackedFile.newID(),
            path: path,
            device: device,
            inode: inode,
            prefixLength: 0,
            prefixDigest: "",
            position: SourcePosition(offset: 0, guardLength: 0, guardDigest: "", lines: 0, isFinished: true),
            knownSize: size,
            modified: modified,
            place: path,
            lostBytes: size
        )
    }
}
