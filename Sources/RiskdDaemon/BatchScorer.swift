package import Alerting
package import Domain
package import Ingest
package import Runtime
package import Scoring
import Similarity
package import Storage

/// Turns what was read into what one transaction writes: decode, drop repeated ids, detect, score.
///
/// Confined to the task that calls it. What comes out depends on the lines and their order alone; batches, threads
/// and restarts change nothing (DESIGN.md, promise 2).
package final class BatchScorer {
    private let pool: WorkerPool
    private let decoder = RecordDecoder()
    private let detectors: Detectors
    private let calibrations: ActiveCalibrations
    private let configurationID: String
    private let clock: @Sendable () -> Timestamp
    private let seen: @Sendable ([SeenKey]) async throws -> Set<SeenKey>
    private let stages: StageClock?
    private var engine: ScoringEngine
    private var book: AlertBook
    private let isSilent: Bool
    private var progress: Progress
    /// The ids of the last two batches, which may not be committed yet.
    private var recent: [Set<SeenKey>] = []

    /// How far the scored order has come.
    package struct Progress: Sendable {
        /// Batches committed: the fence that the next commit expects.
        package var batch: Int64
        /// The sequence number of the last record.
        package var sequence: Int64

        /// Progress as the database has it.
        package init(batch: Int64, sequence: Int64) {
            self.batch = batch
            self.sequence = sequence
        }
    }

    /// A scorer.
    ///
    /// - Parameters:
    ///   - engine: with tracks and open ticks restored.
    ///   - book: with alerts restored.
    ///   - isSilent: whether nobody is told of alerts, because the log is a recorded one.
    ///   - detectors: with histories restored.
    ///   - calibrations: what turns scores into rungs.
    ///   - configurationID: of the scoring configuration's artefact.
    ///   - clock: the wall clock, which dates dead letters and nothing else.
    ///   - progress: how far the database is.
    ///   - pool: the threads that decode.
    ///   - stages: told how long the stages take.
    ///   - seen: which of some ids are in the database.
    package init(
        engine: ScoringEngine,
        book: AlertBook,
        isSilent: Bool = false,
        detectors: Detectors,
        calibrations: ActiveCalibrations,
        configurationID: String,
        clock: @escaping @Sendable () -> Timestamp,
        progress: Progress,
        pool: WorkerPool,
        stages: StageClock? = nil,
        seen: @escaping @Sendable ([SeenKey]) async throws -> Set<SeenKey>
    ) {
        self.engine = engine
        self.book = book
        self.isSilent = isSilent
        self.detectors = detectors
        self.calibrations = calibrations
        self.configurationID = configurationID
        self.clock = clock
        self.progress = progress
        self.pool = pool
        self.stages = stages
        self.seen = seen
    }

    /// Scores what was read.
    ///
    /// - Parameters:
    ///   - batch: lines in order, with the sources' new positions.
    ///   - latest: records of a later time are dead letters; nil accepts any time.
    /// - Returns: what to commit; nil when there is nothing.
    /// - Throws: what `seen` throws.
    package func score(_ batch: IngestBatch, latest: Timestamp? = nil) async throws -> ScoredBatch? {
        guard !batch.isEmpty else { return nil }
        var result = ScoredBatch(emptyCommit(), bytesRead: batch.bytesRead)
        var lap = StageLap(stages)
        let (records, deadLetters) = await decode(batch.items, latest: latest)
        lap.end(.decode)
        result.commit.deadLetters = deadLetters
        let fresh = try await withoutRepeats(records)
        lap.end(.repeats)
        result.duplicates = records.count - fresh.count
        let incoming = fresh.enumerated().map {
            IncomingRecord(sequence: progress.sequence + Int64($0) + 1, record: $1)
        }
        let detections = await detectors.observe(incoming)
        lap = StageLap(stages)
        var output = ScoringOutput()
        for (incoming, detection) in zip(incoming, detections) {
            result.add(observation(incoming, detection, &output), detection)
        }
        let models = Set(fresh.map(\.model))
        result.commit.featureModels = models.filter { detectors.metric(of: $0) == .features }
        result.commit.sources = batch.sources.map {
            CommitBatch.SourceUpdate(file: $0.file, expectedOffset: $0.expectedOffset)
        }
        result.commit.campaigns = detectors.joined
        finish(&result, output)
        lap.end(.score)
        return result
    }

    /// Whether the clock has something to close: an open tick, or a level that may fall.
    package var needsClock: Bool { engine.hasPendingTicks }

    /// Closes ticks without a record, because the wall clock says so or because the replay is over.
    ///
    /// - Parameter watermark: no record before this is waited for any longer; nil closes every open tick.
    /// - Returns: what to commit; nil when no tick was closed.
    package func advance(to watermark: Timestamp?) -> ScoredBatch? {
        let before = engine.lastClosedTick
        var output = ScoringOutput()
        if let watermark { output = engine.advance(to: watermark) } else { output = engine.closeAll() }
        guard engine.lastClosedTick != before else { return nil }
        var result = ScoredBatch(emptyCommit(), bytesRead: 0)
        result.commit.clockAdvance = engine.watermark
        finish(&result, output)
        return result
    }

    /// Closes every open tick and stores every level as it is, before other rules begin.
    ///
    /// A level that was only evaluated again on quiet ticks is not stored each time; evaluating those ticks once more
    /// by the next epoch's rules would change it without a sample.
    ///
    /// - Returns: what to commit.
    package func closeEpoch() -> ScoredBatch {
        var result = advance(to: nil) ?? ScoredBatch(emptyCommit(), bytesRead: 0)
        if result.commit.clockAdvance == nil { finish(&result, ScoringOutput()) }
        let stored = Set(result.commit.tracks.map(\.entity))
        result.commit.tracks += engine.elevatedTracks.filter { !stored.contains($0.entity) }
            .map { StoredTrack($0.entity, $0.track) }
        return result
    }

    /// Applies what people ask for, after the last closed tick and before the next.
    ///
    /// - Parameter actions: in order, none of them applied before.
    /// - Returns: what to commit; nil when there is nothing.
    package func apply(_ actions: [PendingAction]) -> ScoredBatch? {
        guard !actions.isEmpty else { return nil }
        var result = ScoredBatch(emptyCommit(), bytesRead: 0)
        var output = ScoringOutput()
        for pending in actions {
            let action = pending.action
            let tick = engine.lastClosedTick
            let time = tick.map(engine.configuration.end) ?? action.requestedAt
            let outcome = book.apply(action, stored: pending.alerts, at: time)
            if let intervention = outcome.intervention, let entity = outcome.entity {
                let step = engine.intervene(intervention, on: entity)
                book.take(step.samples, step.levelChanges)
                output.append(step)
            }
            result.commit.appliedActions.append(
                AppliedAction(
                    id: action.id,
                    afterTick: tick,
                    intervention: outcome.intervention,
                    entity: outcome.entity,
                    refusal: outcome.refusal
                )
            )
        }
        finish(&result, output, areAlertsTaken: true)
        return result
    }

    private func observation(
        _ incoming: IncomingRecord,
        _ detection: Detection,
        _ output: inout ScoringOutput
    ) -> Observation {
        let record = incoming.record
        let findings = detection.findings
        let step = detection.link?.step
        let place = engine.place(record.time)
        output.append(place.output)
        let userRungs = calibrations.rungs(of: findings, scope: .user, model: record.model)
        let modelRungs = calibrations.rungs(of: findings, scope: .model, model: record.model)
        let campaignRungs =
            step.map { calibrations.rungs(of: $0, model: record.model) } ?? []
        engine.add(
            ScoringInput(
                model: record.model,
                user: record.user,
                time: record.time,
                userRungs: userRungs,
                modelRungs: modelRungs,
                campaign: step?.campaign,
                campaignRungs: campaignRungs
            ),
            at: place.tick
        )
        return Observation(
            sequence: incoming.sequence,
            record: record,
            findings: findings,
            tick: place.tick,
            isLate: place.isLate,
            userRungs: userRungs,
            modelRungs: modelRungs,
            link: detection.link,
            campaignRungs: campaignRungs
        )
    }

    /// What the lines say, in order; what cannot be used becomes a dead letter.
    private func decode(
        _ items: [IngestItem],
        latest: Timestamp?
    ) async -> (records: [Record], deadLetters: [DeadLetter]) {
        // Small pieces, so that one worker is not left with all the long lines.
        let size = 16
        let pieces = await pool.map(count: (items.count + size - 1) / size) { [decoder] piece in
            items[piece * size..<min(items.count, (piece + 1) * size)].map { decoder.decode($0) }
        }
        var records: [Record] = []
        var deadLetters: [DeadLetter] = []
        for (item, result) in zip(items, pieces.joined()) {
            switch (item, result) {
            case (.unusable(let letter), _): deadLetters.append(letter)
            case (.line, nil): preconditionFailure("a line was not decoded")
            case (.line(let line), .rejected(let rejection)): deadLetters.append(DeadLetter(line, rejection))
            case (.line(let line), .record(let record)):
                if let latest, record.time > latest {
                    deadLetters.append(DeadLetter(line, Rejection(.timeInFuture, "/time")))
                } else {
                    records.append(record)
                }
            }
        }
        return (records, deadLetters)
    }

    /// The records whose ids were not met before, each once.
    private func withoutRepeats(_ records: [Record]) async throws -> [Record] {
        let keys = records.map {
            SeenKey(virtualPartition: $0.user.virtualPartition, model: $0.model, record: $0.id)
        }
        var met = recent.reduce(into: Set<SeenKey>()) { $0.formUnion($1) }
        if !keys.isEmpty { met.formUnion(try await seen(keys)) }
        var own: Set<SeenKey> = []
        let fresh = zip(records, keys).filter { !met.contains($1) && own.insert($1).inserted }.map(\.0)
        recent = recent.suffix(Self.uncommittedBatches - 1) + [own]
        return fresh
    }

    /// Batches that may be on their way to the database: one sent, one being committed, one done since `seen` looked.
    private static let uncommittedBatches = 3

    private func emptyCommit() -> CommitBatch {
        var commit = CommitBatch(
            expectedBatch: progress.batch,
            sequence: progress.sequence,
            watermark: engine.watermark,
            lastClosedTick: engine.lastClosedTick,
            nextSampleID: engine.nextSampleID,
            configurationID: configurationID,
            received: clock()
        )
        commit.calibrationIDs = calibrations.ids
        return commit
    }

    /// Fills in what a batch leaves behind.
    private func finish(
        _ result: inout ScoredBatch,
        _ output: ScoringOutput,
        areAlertsTaken: Bool = false
    ) {
        if !areAlertsTaken { book.take(output.samples, output.levelChanges) }
        let changes = book.takeChanges()
        result.commit.alerts = changes.alerts.values.sorted { $0.snapshot.id < $1.snapshot.id }
        result.commit.alertEvents = changes.events
        result.commit.notices = changes.notices
        result.commit.isSilent = isSilent
        progress.batch += 1
        progress.sequence += Int64(result.commit.observations.count)
        result.commit.sequence = progress.sequence
        result.commit.watermark = engine.watermark
        result.commit.lastClosedTick = engine.lastClosedTick
        result.commit.nextSampleID = engine.nextSampleID
        result.commit.histograms = output.histograms
        result.commit.samples = output.samples
        result.commit.levelChanges = output.levelChanges
        result.commit.tracks = output.changed.sorted().compactMap { entity in
            engine.state(of: entity).map { StoredTrack(entity, $0) }
        }
        result.commit.evicted = output.evicted.sorted().map { StoredTrack.Key(entity: $0) }
        let changed = Set(result.commit.observations.map(\.record.model))
        for (model, detector) in detectors.histories {
            result.histories[model] = detector.use
            guard changed.contains(model), let newest = detector.newestTime else { continue }
            // An empty window starts after everything that was seen.
            let first = detector.oldestSequence ?? progress.sequence + 1
            result.commit.historyWindows.append(HistoryWindow(model: model, first: first, newest: newest))
        }
        result.commit.historyWindows.sort { $0.model < $1.model }
        (result.usersByLevel, result.campaignsByLevel) = engine.membersByLevel
    }
}

extension RecordDecoder {
    /// What became of an item; an unusable one stays what it is.
    fileprivate func decode(_ item: IngestItem) -> DecodeResult? {
        if case .line(let line) = item { decode(line) } else { nil }
    }
}
