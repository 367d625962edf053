import Domain
package import Ingest
package import Runtime
import Scoring
package import Storage

/// The path of one record, from source to commit: reads and scores one batch while the one before is committed.
package struct Pipeline {
    /// How batches are cut, and whether the wall clock counts.
    package struct Settings: Sendable {
        /// Records of one transaction.
        package var records: Int
        /// Bytes of lines of one transaction.
        package var bytes: Int
        /// How long a record may wait for others.
        package var delay: Duration
        /// How often sources are looked at when they are quiet.
        package var pollInterval: Duration
        /// How far ahead of the clock a record may be; beyond it is a dead letter, because it would make all others late.
        package var maximumFuture: Duration
        /// Live: how long a tick stays open after its end; nil ends at the end of the sources, by event time alone.
        package var lateness: Duration?
        /// The length of a tick.
        package var tick: Duration

        /// Settings; see the properties.
        package init(
            records: Int,
            bytes: Int,
            delay: Duration,
            pollInterval: Duration,
            maximumFuture: Duration,
            lateness: Duration? = nil,
            tick: Duration
        ) {
            self.records = records
            self.bytes = bytes
            self.delay = delay
            self.pollInterval = pollInterval
            self.maximumFuture = maximumFuture
            self.lateness = lateness
            self.tick = tick
        }
    }

    private let settings: Settings
    private let scorer: BatchScorer
    private let committer: Committer
    private let stop: StopFlag
    private let isAbandoned: @Sendable () -> Bool
    private let clock: WatchedClock
    private let actions: @Sendable () -> [PendingAction]
    private let stages: StageClock?
    private let onRead: (IngestBatch) -> Void
    private let onClock: (ClockEvent) -> Void

    /// Something about the wall clock that an operator should know.
    package enum ClockEvent: Hashable, Sendable {
        /// It has stepped, back if negative.
        case stepped(by: Duration)
        /// Ticks are closed that are later than it says: it, or what was stored, is wrong.
        case overrun(by: Duration)
    }

    /// A pipeline.
    ///
    /// - Parameters:
    ///   - settings: how batches are cut.
    ///   - scorer: with its state restored.
    ///   - committer: of the same database.
    ///   - stop: raised to end a live pipeline after what was read is committed.
    ///   - isAbandoned: whether a stop has waited long enough, so that what is not committed is dropped.
    ///   - clock: the wall clock.
    ///   - actions: takes what people ask for, in order.
    ///   - stages: told how long reading takes, and waiting for the committer.
    ///   - onRead: told of everything that is read.
    ///   - onClock: told of a wall clock that is wrong.
    package init(
        settings: Settings,
        scorer: BatchScorer,
        committer: Committer,
        stop: StopFlag,
        isAbandoned: @escaping @Sendable () -> Bool = { false },
        clock: WatchedClock,
        actions: @escaping @Sendable () -> [PendingAction] = { [] },
        stages: StageClock? = nil,
        onRead: @escaping (IngestBatch) -> Void,
        onClock: @escaping (ClockEvent) -> Void = { _ in }
    ) {
        self.settings = settings
        self.scorer = scorer
        self.committer = committer
        self.stop = stop
        self.isAbandoned = isAbandoned
        self.clock = clock
        self.actions = actions
        self.stages = stages
        self.onRead = onRead
        self.onClock = onClock
    }

    /// Runs until the recorded logs end, or, live, until `stop` is raised or the task is cancelled.
    ///
    /// - Parameter source: where lines come from.
    /// - Returns: false where a stop did not wait until a batch was scored, which the next start then reads again.
    /// - Throws: `StorageError`, `IngestError` or `CancellationError`; what was committed before stays.
    @discardableResult
    package func run(_ source: any LineSource) async throws -> Bool {
        // One batch may wait while another is being committed: more would only make the crash window larger.
        let batches = Channel<ScoredBatch>(capacity: 1)
        let committer = committer
        let lookout = lookout(source)
        defer { lookout?.cancel() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await committer.run(batches)
                } catch {
                    batches.abandon()
                    throw error
                }
            }
            var failure: (any Error)?
            do {
                try await read(source, into: batches)
            } catch {
                failure = error
            }
            batches.finish()
            // A committer that failed is why the reader was cancelled: its error says more.
            try await group.waitForAll()
            if let failure, !mayEnd(with: failure) { throw failure }
            return !(failure is AbandonedScoring)
        }
    }

    /// Whether an error only means that a stop did not wait: what was not committed is read again at the next start.
    private func mayEnd(with error: any Error) -> Bool {
        guard isAbandoned() else { return false }
        return error is AbandonedScoring || error is CancellationError
            || (error as? StorageError)?.isRetriable == true
    }

    /// Has the sources looked at while a batch waits for the database, or takes long: files are rotated away meanwhile too.
    private func lookout(_ source: any LineSource) -> Task<Void, Never>? {
        guard settings.lateness != nil, let look = source.lookout else { return nil }
        let interval = max(settings.pollInterval, .milliseconds(500))
        return Task {
            while (try? await Task.sleep(for: interval)) != nil { look() }
        }
    }

    private func read(_ source: any LineSource, into batches: Channel<ScoredBatch>) async throws {
        var overrun = Overrun()
        while !stop.isRaised {
            try Task.checkCancellation()
            // A committer that failed while everything was quiet.
            if batches.isAbandoned { throw CancellationError() }
            if let scored = scorer.apply(actions()) { try await batches.send(scored) }
            var lap = StageLap(stages)
            let (batch, looked) = try await collect(from: source)
            lap.end(.read)
            let reading = clock.read(reached: scorer.reached)
            // What was written until the sources were last looked at has been read, and nothing later.
            let read = reading.steady - (clock.instant - looked)
            if let step = reading.step { onClock(.stepped(by: step)) }
            let wall = settings.lateness.map { _ in
                EventProgress.Wall(now: reading.wall, steady: reading.steady)
            }
            try await scorer.score(batch, latest: reading.wall + settings.maximumFuture, wall: wall) {
                scored in
                lap = StageLap(stages)
                try await batches.send(scored)
                lap.end(.wait)
            } settle: { count in
                while committer.count < count {
                    if batches.isAbandoned { throw CancellationError() }
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
            let isQuiet = batch.items.isEmpty && batch.bytesRead == 0
            // The clock may close ticks that nobody adds to, whether or not others are written to.
            if let lateness = settings.lateness, batch.isCaughtUp || isQuiet {
                try await close(through: read - lateness, lateness, &overrun, batches)
            }
            guard batch.items.isEmpty, batch.bytesRead == 0 || batch.isCaughtUp else { continue }
            if settings.lateness == nil, batch.isCaughtUp {
                if let scored = scorer.advance(to: nil) { try await batches.send(scored) }
                if let scored = scorer.endSources() { try await batches.send(scored) }
                return
            }
            try await stop.wait(atMost: settings.pollInterval)
        }
    }

    /// Closes the ticks that the clock says are over; where more are closed already, the one that records are counted in.
    private func close(
        through watermark: Timestamp,
        _ lateness: Duration,
        _ overrun: inout Overrun,
        _ batches: Channel<ScoredBatch>
    ) async throws {
        if scorer.needsClock, let scored = scorer.advance(to: watermark) { try await batches.send(scored) }
        let lead = scorer.watermark.map { $0.milliseconds - watermark.milliseconds } ?? 0
        let isAhead = scorer.hasOpenTicks && lead > SteadyClock.tolerance.wholeMilliseconds
        let (isNew, isDue) = overrun.look(isAhead, at: clock.instant, pause: settings.tick + lateness)
        if isNew { onClock(.overrun(by: .milliseconds(lead))) }
        if isDue, let scored = scorer.closeFirstOpenTick() { try await batches.send(scored) }
    }

    /// Reads until a batch is full or, once it has begun, `delay` has passed.
    ///
    /// - Returns: what was read, and when the source was last looked at.
    private func collect(from source: any LineSource) async throws -> (batch: IngestBatch, looked: Duration) {
        var looked = clock.instant
        var batch = try source.next(maximumItems: settings.records, maximumBytes: settings.bytes)
        onRead(batch)
        guard settings.lateness != nil, !batch.items.isEmpty else { return (batch, looked) }
        let deadline = ContinuousClock.now + settings.delay
        while batch.items.count < settings.records, batch.bytesRead < settings.bytes,
            ContinuousClock.now < deadline, !stop.isRaised
        {
            try await Task.sleep(for: min(settings.delay, .milliseconds(5)))
            looked = clock.instant
            let more = try source.next(
                maximumItems: settings.records - batch.items.count,
                maximumBytes: settings.bytes - Int(batch.bytesRead)
            )
            onRead(more)
            batch.append(more)
        }
        return (batch, looked)
    }
}
