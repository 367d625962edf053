import Domain

/// What is further behind than this comes late whenever it is read.
private let farBehind: Int64 = 60_000

extension LiveReader {
    /// Reads several files side by side, line by line in the order of their times; returns whether all are at their ends.
    ///
    /// A backlog of several files would otherwise be taken file by file, and all but the first be late.
    func merge(
        _ pending: [TrackedFile],
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        // Files of one time: those that are rotated away first, then by name, wherever the last poll ended.
        var files = pending.sorted {
            ($0.rotatedFrom == nil ? 1 : 0, $0.path, $0.id) < ($1.rotatedFrom == nil ? 1 : 0, $1.path, $1.id)
        }
        var isUnsure = files.indices.map { _ in true }
        while !budget.isSpent {
            for index in files.indices.reversed() where isUnsure[index] {
                isUnsure[index] = false
                switch lookAhead(of: files[index], &budget, now: now, &batch) {
                case .more:
                    // The budget is spent before it is known what comes next.
                    return false
                case .caughtUp:
                    if files[index].lookahead.isEmpty { finishIfIdle(files[index], now: now, &batch) }
                case .replaced(let size):
                    // The next poll reads what stands there now.
                    if replace(files[index], knownSize: size, now: now, &batch) != nil { return false }
                    files.remove(at: index)
                    isUnsure.remove(at: index)
                case .failed(let error):
                    cannotRead(files[index].path, error, &batch)
                    files.remove(at: index)
                    isUnsure.remove(at: index)
                }
            }
            guard let next = nextFile(among: files) else { return true }
            files[next].takeNext(into: &batch, &budget)
            isUnsure[next] = true
        }
        return false
    }

    /// The file whose line comes next; nil when there is no line.
    private func nextFile(among files: [TrackedFile]) -> Int? {
        var heldBack: Set<String> = []
        var best: (index: Int, key: Int64)?
        var bestInTime: (index: Int, key: Int64)?
        for (index, file) in files.enumerated() where !file.lookahead.isEmpty {
            // What was written before a rotation comes before what was written after it.
            if let path = file.rotatedFrom {
                heldBack.insert(path)
            } else if heldBack.contains(file.path) {
                continue
            }
            let key = file.lookahead.key?.milliseconds ?? .min
            if best.map({ isBefore(key, file, $0.key, files[$0.index]) }) ?? true { best = (index, key) }
            if !isBehind(key), bestInTime.map({ key < $0.key }) ?? true { bestInTime = (index, key) }
        }
        guard var best else { return nil }
        // A log of yesterday that turns up beside those of today, or one without times, is read but does not keep them waiting.
        if wasBehind, let bestInTime { best = bestInTime }
        wasBehind = isBehind(best.key)
        horizon = max(horizon, best.key)
        turns += 1
        files[best.index].lastTurn = turns
        return best.index
    }

    private func isBehind(_ key: Int64) -> Bool { key == .min || horizon > .min && key < horizon - farBehind }

    /// Whether a line comes before another file's; lines without a time are taken in turns.
    private func isBefore(_ key: Int64, _ file: TrackedFile, _ other: Int64, _ otherFile: TrackedFile) -> Bool
    {
        key < other || key == .min && other == .min && file.lastTurn < otherFile.lastTurn
    }

    /// Looks at the lines that come next, reading as much as that takes.
    ///
    /// - Returns: `.caughtUp` when they are known, `.more` when the budget ends before that, or what went wrong.
    private func lookAhead(
        of file: TrackedFile,
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> TrackedFile.Outcome {
        while true {
            file.look(with: decoder)
            if file.lookahead.isFull { return .caughtUp }
            // There is no complete line: this begins to drop, or ends, one that is too long.
            if file.lookahead.isEmpty {
                let known = budget.items
                file.takeNext(into: &batch, &budget)
                if budget.items < known { continue }
            }
            do throws(SystemError) {
                guard try reopenIfGrown(file) else { return .caughtUp }
            } catch {
                return .failed(error)
            }
            switch file.readChunk(into: &batch, &budget, scratch: scratch, now: now) {
            case .more: if budget.read <= 0 { return .more }
            case .caughtUp: return .caughtUp
            case .replaced(let size): return .replaced(knownSize: size)
            case .failed(let error): return .failed(error)
            }
        }
    }
}

extension TrackedFile {
    /// Notes the times of complete lines behind those that are known.
    fileprivate func look(with decoder: RecordDecoder) {
        guard var offset = lookedAt.last ?? splitter.nextLine else { return }
        while !lookahead.isFull, let line = splitter.line(at: offset) {
            let raw = RawLine(source: id, path: path, offset: offset, bytes: Array(line.bytes))
            lookahead.append(size: line.bytes.count, time: decoder.time(of: raw))
            lookedAt.append(line.end)
            offset = line.end
        }
    }

    /// Moves the next line into `batch`, and the blank ones before it.
    fileprivate func takeNext(into batch: inout IngestBatch, _ budget: inout ReadBudget) {
        deliverNext(to: &batch, &budget)
        while let end = lookedAt.first, let next = splitter.nextLine, end <= next {
            lookedAt.removeFirst()
            lookahead.removeFirst()
        }
    }
}
