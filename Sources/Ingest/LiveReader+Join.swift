extension LiveReader {
    /// Orders what supervisors' loggers write: each file is read after the one before it, whose last line may end in it.
    ///
    /// svlogd and multilog begin a new file when one is full, in the middle of a line where that happens there.
    func linkChains() {
        var chains: [String: [TrackedFile]] = [:]
        for file in files where !file.isFinished {
            let name = file.currentName
            guard isTAI64N(name) || name == "current" else { continue }
            chains[SystemPath.folder(of: file.place), default: []].append(file)
        }
        for chain in chains.values where chain.count > 1 {
            let ordered = chain.sorted { $0.currentName < $1.currentName }
            for (file, next) in zip(ordered, ordered.dropFirst()) {
                next.predecessor = file
                queue.update(next)
                mark(file)
            }
        }
    }

    /// Ends a file that its logger has closed: a line that goes on in the next file is put together.
    ///
    /// - Parameters:
    ///   - file: read to its end; called by a time in TAI64N.
    ///   - now: the instant.
    ///   - batch: gets the line.
    /// - Returns: whether the other files can go on at once; nil where it is not known yet what comes after it.
    func joinRest(
        of file: TrackedFile,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool? {
        guard var next = successor(of: file) else { return nil }
        guard let rest = file.splitter.rest, !decoder.isWhole(rest) else {
            finish(file, &batch)
            return false
        }
        var parts = [file]
        var joined = rest
        while true {
            guard next.splitter.isAtStart, readHead(of: next, now: now, &batch) else {
                finish(file, &batch)
                return false
            }
            guard joined.count <= configuration.maximumLineBytes else {
                finish(file, &batch)
                return false
            }
            if let head = next.splitter.line(at: 0) {
                // A logger that was killed leaves half a line, and what comes after it begins with a whole one.
                let isAlone = parts.count == 1 && decoder.isWhole(Array(head.bytes))
                guard !isAlone, decoder.isWhole(joined + head.bytes) else {
                    finish(file, &batch)
                    return false
                }
                deliver(joined + head.bytes, of: parts, &batch)
                _ = next.splitter.next()
                next.isTouched = true
                for part in parts { release(after: part) }
                return false
            }
            // A line that is longer than a whole file.
            guard isTAI64N(next.currentName), let after = successor(of: next) else { return true }
            joined += next.splitter.rest ?? []
            parts.append(next)
            next = after
        }
    }

    private func successor(of file: TrackedFile) -> TrackedFile? {
        files.first { $0.predecessor === file && !$0.isFinished }
    }

    /// Reads until a file's first line is whole, or there is no more; false where it cannot be read.
    private func readHead(
        of file: TrackedFile,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        var budget = ReadBudget(items: .max, delivered: .max, read: .max)
        while !file.splitter.hasLine, file.splitter.readOffset <= Int64(configuration.maximumLineBytes) {
            guard (try? reopenIfGrown(file)) != nil else { return false }
            switch file.readChunk(into: &batch, &budget, scratch: room(for: file), now: now) {
            case .more: continue
            case .caughtUp: return true
            case .replaced, .failed, .damaged: return false
            }
        }
        return true
    }

    private func deliver(_ bytes: [UInt8], of parts: [TrackedFile], _ batch: inout IngestBatch) {
        let first = parts[0]
        let offset = first.splitter.nextLine ?? 0
        batch.items.append(.line(RawLine(source: first.id, path: first.path, offset: offset, bytes: bytes)))
        for part in parts {
            _ = part.splitter.finish()
            (part.isFinished, part.isTouched) = (true, true)
            queue.update(part)
            batch.notices.append(FollowerNotice(.finished, path: part.path))
        }
    }
}

extension TrackedFile {
    /// The name that it has now, or had last.
    var currentName: String { SystemPath.base(of: isMatched ? path : place) }
}

extension LineSplitter {
    /// Whether nothing has been used yet.
    var isAtStart: Bool { nextLine == 0 }
}
