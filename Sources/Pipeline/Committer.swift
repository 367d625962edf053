import Domain
package import Runtime
import ServiceHost
package import Storage

/// Writes batches in their order, however often the connection is lost.
package struct Committer: Sendable {
    private let store: Store
    private let log: Log
    private let metrics: Metrics
    private let service: ServiceBoard
    private let stop: StopFlag
    private let stages: StageClock?
    private let onCommit: @Sendable (ScoredBatch) -> Void
    private let committed = CommitCount()
    private let days: NewDays
    private let onProgress: @Sendable () -> Void

    /// A committer.
    ///
    /// - Parameters:
    ///   - store: the database, owned by this process.
    ///   - log: where lost connections are reported.
    ///   - metrics: where commits are counted.
    ///   - service: told whether the database takes batches.
    ///   - stop: once raised, an unreachable database is waited for a little longer only.
    ///   - stages: told how long transactions take.
    ///   - onProgress: called for whatever is progress in the middle of a commit.
    ///   - onCommit: called after each batch is durable, in order.
    package init(
        store: Store,
        log: Log,
        metrics: Metrics,
        service: ServiceBoard,
        stop: StopFlag,
        stages: StageClock? = nil,
        onProgress: @escaping @Sendable () -> Void = {},
        onCommit: @escaping @Sendable (ScoredBatch) -> Void
    ) {
        self.store = store
        self.log = log
        self.metrics = metrics
        self.service = service
        self.stop = stop
        self.stages = stages
        self.onProgress = onProgress
        days = NewDays(log)
        self.onCommit = onCommit
    }

    /// Commits what arrives until the channel ends, or until a stop has waited long enough for a database that does not answer:
    /// then what was not committed is dropped, and the next start reads it again.
    ///
    /// - Parameter batches: in order.
    /// - Throws: `StorageError` when the database belongs to somebody else or refuses the data.
    package func run(_ batches: Channel<ScoredBatch>) async throws {
        var pruned: [ModelID: Int64] = [:]
        for await batch in batches {
            var lap = StageLap(stages)
            guard try await commit(batch) else {
                batches.abandon()
                return
            }
            onProgress()
            lap.end(.commit)
            committed.set(batch.commit.expectedBatch + 1)
            onCommit(batch)
            await prune(batch, &pruned)
        }
    }

    /// How many batches the database holds, as far as this committer wrote them.
    package var count: Int64 { committed.value }

    /// Forgets images that no query can see any more, now and then; what is left over costs space only.
    private func prune(_ batch: ScoredBatch, _ pruned: inout [ModelID: Int64]) async {
        for model in batch.commit.forgottenModels {
            pruned[model] = nil
            do { try await store.pruneHistory(of: model, keepingFrom: batch.commit.sequence + 1) } catch {
                log.write(.warning, "old images could not be forgotten", ["reason": "\(error)"])
            }
        }
        for window in batch.commit.historyWindows
        where window.first - pruned[window.model, default: 0] >= 2000 {
            do {
                try await store.pruneHistory(of: window.model, keepingFrom: window.first)
                pruned[window.model] = window.first
            } catch {
                log.write(.warning, "old images could not be forgotten", ["reason": "\(error)"])
            }
        }
    }

    /// Makes one batch durable, exactly once.
    ///
    /// A reply that is lost leaves open whether the transaction happened: the fence, read back, decides.
    ///
    /// - Returns: false where a stop was not to wait any longer.
    private func commit(_ batch: ScoredBatch) async throws -> Bool {
        var backOff = BackOff()
        var isUncertain = false
        while true {
            do throws(StorageError) {
                let started = ContinuousClock.now
                if isUncertain {
                    switch try await store.outcome(of: batch.commit.expectedBatch) {
                    case .committed:
                        reachable()
                        return true
                    case .notCommitted: isUncertain = false
                    case .fenced: throw .fenced
                    }
                }
                try await store.commit(batch.commit) { [days, onProgress] in
                    onProgress()
                    days.add()
                }
                metrics.observe("riskd_commit_duration_seconds", (ContinuousClock.now - started).inSeconds)
                reachable()
                return true
            } catch {
                guard error.isRetriable else { throw error }
                guard !stop.isOverdue else {
                    log.write(
                        .warning,
                        "stopping without the last batch, which the database did not take: the next start reads it again",
                        ["reason": "\(error)", "records": "\(batch.commit.observations.count)"]
                    )
                    return false
                }
                isUncertain = true
                try await pause(backOff.next(), because: error)
            }
        }
    }

    private func reachable() {
        service.update {
            $0.databaseAnswers = true
            $0.commitsFail = false
        }
    }

    private func pause(_ delay: Duration, because error: StorageError) async throws {
        service.update { $0.commitsFail = true }
        metrics.add("riskd_commit_retries_total")
        // Waiting for the database is what the pipeline should do now: no reason to restart it.
        ServiceManager.watchdog()
        log.write(
            .warning,
            "the database does not take the batch; reading pauses until it does",
            ["reason": "\(error)", "retry_in": "\(delay)"]
        )
        try await stop.rest(delay)
    }
}

/// Tells now and then of days that are made room for: for hundreds of old ones it takes minutes.
private final class NewDays: Sendable {
    private let log: Log
    private let state = Locked((count: 0, told: ContinuousClock.now))

    init(_ log: Log) { self.log = log }

    func add() {
        let count: Int? = state.withLock { state in
            let now = ContinuousClock.now
            // A few are made every day.
            if state.count == 0 { state.told = now }
            state.count += 1
            guard now - state.told >= .seconds(5) else { return nil }
            state.told = now
            return state.count
        }
        guard let count else { return }
        log.write(
            .notice,
            "records are of many days: each table gets room for each of them, which takes a while",
            ["made": "\(count)"]
        )
    }
}

extension StopFlag {
    /// Waits before something is tried again: not for long once the flag is up.
    func rest(_ delay: Duration) async throws {
        guard !isRaised else { return try await Task.sleep(for: min(delay, .milliseconds(200))) }
        try await wait(atMost: delay)
    }
}

/// A count that one task sets and another reads.
private final class CommitCount: Sendable {
    private let count = Locked<Int64>(0)

    var value: Int64 { count.withLock { $0 } }

    func set(_ value: Int64) { count.withLock { $0 = value } }
}

extension StorageError {
    /// Whether to try again: the way to the database broke, even in the middle of a commit.
    package var isRetriable: Bool {
        if case .outcomeUnknown = self { true } else { isTransient }
    }
}

/// Delays that double from 50 ms to 5 s.
package struct BackOff {
    private var delay = Duration.milliseconds(50)

    /// Begins with the shortest.
    package init() {}

    /// The next delay.
    package mutating func next() -> Duration {
        defer { delay = min(delay * 2, .seconds(5)) }
        return delay
    }
}

/// Asks the database again and again while the way to it is broken.
package struct RetryingReader: Sendable {
    private let store: Store
    private let log: Log
    private let stop: StopFlag

    /// A connection.
    ///
    /// - Parameters:
    ///   - store: a connection that nobody else uses.
    ///   - log: told of what is tried again.
    ///   - stop: ends trying.
    package init(_ store: Store, log: Log, stop: StopFlag) {
        self.store = store
        self.log = log
        self.stop = stop
    }

    /// What is stored of some records.
    @Sendable package func seen(_ keys: [SeenKey]) async throws -> SeenRecords {
        try await asking { try await $0.seen(keys) }
    }

    /// Asks until there is an answer.
    ///
    /// - Parameter question: may be asked more than once.
    /// - Returns: the answer.
    /// - Throws: what the question throws, unless the way to the database broke.
    func asking<Answer>(_ question: (Store) async throws -> Answer) async throws -> Answer {
        var backOff = BackOff()
        while true {
            do {
                if await store.isBroken { try await store.reconnect() }
                return try await question(store)
            } catch let error as StorageError {
                guard error.isRetriable, !stop.isOverdue else { throw error }
                log.write(.info, "waiting for the database", ["reason": "\(error)"])
                ServiceManager.watchdog()
                try await stop.rest(backOff.next())
            }
        }
    }
}
