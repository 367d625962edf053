import Domain

extension LiveReader {
    /// Reads several files side by side, line by line in the order of their times; returns whether all are at their ends.
    ///
    /// A backlog of several files would otherwise be taken file by file, and all but the first be late.
    func merge(
        _ awake: [TrackedFile],
        _ budget: inout ReadBudget,
        now: ContinuousClock.Instant,
        _ batch: inout IngestBatch
    ) -> Bool {
        markOpenFiles()
        while !budget.isSpent {
            while let file = unsure.last {
                guard !file.isFinished, !file.isAsleep, file.predecessor?.isFinished ?? true else {
                    forget(file)
                    continue
                }
                let outcome = lookAhead(of: file, &budget, now: now, &batch)
                // The budget is spent before it is known what comes next.
                if case .more = outcome { return false }
                forget(file)
                queue.update(file)
                guard settle(file, outcome, now: now, &batch) else { return false }
            }
            guard let next = queue.next() else { return true }
            next.takeNext(into: &batch, &budget)
            queue.update(next)
            mark(next)
        }
        return false
    }

    private func forget(_ file: TrackedFile) {
        file.isUnsure = false
        unsure.removeLast()
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
            step()
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
            switch file.readChunk(into: &batch, &budget, scratch: room(for: file), now: now) {
            case .more: if budget.read <= 0 { return .more }
            case let other: return other
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
        isTouched = true
        while let end = lookedAt.first, let next = splitter.nextLine, end <= next {
            lookedAt.removeFirst()
            lookahead.removeFirst()
        }
    }
}
