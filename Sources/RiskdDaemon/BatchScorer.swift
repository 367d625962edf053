import Alerting
package import Domain
package import Ingest
import Runtime
import Scoring
import Similarity
import Storage

/// Turns what was read into what one transaction writes: decode, drop repeats, detect, score.
///
/// Confined to the task that calls it. What comes out depends on the lines and their order alone; batches, threads
/// and restarts change nothing (DESIGN.md, promise 2).
package final class BatchScorer {
    private let intake: RecordIntake
    private let detectors: Detectors
    private var calibrations: ActiveCalibrations
    private let strata: StratumRules
    private var monitor: CalibrationMonitor
    private let learner: OwnBaselineLearner?
    /// The last day, of event time, at whose begin own baselines were learnt; nil before the first record.
    private var learntDay: Int64?
    private let configurationID: String
    private let clock: @Sendable () -> Timestamp
    private let stages: StageClock?
    private var engine: ScoringEngine
    private var book: AlertBook
    private let isSilent: Bool
    private var progress: Progress

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
    ///   - strata: which part of a model's users a record shows its user to be in.
    ///   - monitor: notices when calibrations no longer hold, as it was.
    ///   - learner: learns users' own baselines; nil: none are learnt.
    ///   - configurationID: of the scoring configuration's artefact.
    ///   - clock: the wall clock, which dates dead letters and nothing else.
    ///   - progress: how far the database is.
    ///   - pool: the threads that decode.
    ///   - stages: told how long the stages take.
    ///   - zone: of times that name none.
    ///   - seen: what the database knows of some records.
    init(
        engine: ScoringEngine,
        book: AlertBook,
        isSilent: Bool = false,
        detectors: Detectors,
        calibrations: ActiveCalibrations,
        strata: StratumRules,
        monitor: CalibrationMonitor,
        learner: OwnBaselineLearner?,
        configurationID: String,
        clock: @escaping @Sendable () -> Timestamp,
        progress: Progress,
        pool: WorkerPool,
        stages: StageClock? = nil,
        zone: LogZone = .utc,
        seen: @escaping @Sendable ([SeenKey]) async throws -> SeenRecords
    ) {
        self.engine = engine
        self.book = book
        self.isSilent = isSilent
        self.detectors = detectors
        self.calibrations = calibrations
        self.strata = strata
        self.monitor = monitor
        self.learner = learner
        self.configurationID = configurationID
        self.clock = clock
        self.progress = progress
        intake = RecordIntake(pool: pool, zone: zone, seen: seen)
        self.stages = stages
        learntDay = engine.watermark.map { day(of: $0) }
    }

    /// Scores what was read.
    ///
    /// It is one transaction, unless a day of event time begins in the middle: own baselines are learnt from what is
    /// stored, so what came before is committed first.
    ///
    /// - Parameters:
    ///   - batch: lines in order, with the sources' new positions.
    ///   - latest: records of a later time are dead letters; nil accepts any time.
    ///   - emit: gets what to commit, in order; nothing where there is nothing.
    ///   - settle: waits until everything that was emitted is committed; told how many batches that makes.
    /// - Throws: what `seen`, `emit`, `settle` or learning throws.
    package func score(
        _ batch: IngestBatch,
        latest: Timestamp? = nil,
        emit: (ScoredBatch) async throws -> Void,
        settle: (Int64) async throws -> Void
    ) async throws {
        guard !batch.isEmpty else { return }
        var lap = StageLap(stages)
        let (records, deadLetters) = await intake.decode(batch.items, latest: latest)
        lap.end(.decode)
        let (fresh, reusedIDs) = try await intake.withoutRepeats(records)
        lap.end(.repeats)
        var rest = fresh[...]
        while let (place, day) = nextDay(rest) {
            var result = ScoredBatch(emptyCommit(), bytesRead: 0)
            var output = ScoringOutput()
            await score(rest[..<place], into: &result, &output)
            append(engine.advance(to: rest[place].time - engine.configuration.lateness), &result, &output)
            finish(&result, output)
            try await emit(result)
            try await settle(progress.batch)
            try await learn(atBeginOf: day)
            rest = rest[place...]
        }
        var result = ScoredBatch(emptyCommit(), bytesRead: batch.bytesRead)
        var output = ScoringOutput()
        result.commit.deadLetters = deadLetters
        result.duplicates = records.count - fresh.count
        result.reusedIDs = reusedIDs.map { ($0.model, $0.id) }
        await score(rest, into: &result, &output)
        result.commit.sources = batch.sources.map {
            CommitBatch.SourceUpdate(file: $0.file, expectedOffset: $0.expectedOffset)
        }
        finish(&result, output)
        try await emit(result)
    }

    private func score(
        _ records: ArraySlice<Record>,
        into result: inout ScoredBatch,
        _ output: inout ScoringOutput
    ) async {
        let incoming = records.enumerated().map {
            IncomingRecord(sequence: progress.sequence + Int64($0) + 1, record: $1)
        }
        let detections = await detectors.observe(incoming)
        var lap = StageLap(stages)
        for (incoming, detection) in zip(incoming, detections) {
            let observation = observation(incoming, detection, &result, &output)
            result.add(observation, detection)
        }
        let models = Set(records.map(\.model))
        result.commit.featureModels = models.filter { detectors.metric(of: $0) == .features }
        result.commit.campaigns = detectors.joined
        lap.end(.score)
    }

    /// Where in some records, which come next, a day begins whose baselines are not learnt yet.
    private func nextDay(_ records: ArraySlice<Record>) -> (place: Int, day: Int64)? {
        guard learner != nil else { return nil }
        var watermark = engine.watermark
        for (place, record) in zip(records.indices, records) {
            let reached = record.time - engine.configuration.lateness
            watermark = watermark.map { max($0, reached) } ?? reached
            let day = watermark.map { self.day(of: $0) } ?? 0
            guard let learnt = learntDay else {
                // Nothing is stored before the first record of all.
                learntDay = day
                continue
            }
            if day > learnt { return (place, day) }
        }
        return nil
    }

    /// The day of event time whose begin every tick before is closed at.
    private func day(of watermark: Timestamp) -> Int64 {
        engine.configuration.start(of: engine.configuration.tick(of: watermark)).milliseconds
            .floorDivided(by: OwnBaselineLearner.interval.wholeMilliseconds)
    }

    private func learn(atBeginOf day: Int64) async throws {
        learntDay = day
        guard let learner else { return }
        let time = Timestamp(milliseconds: day * OwnBaselineLearner.interval.wholeMilliseconds)
        for (user, baseline) in try await learner.learn(at: time, calibrations) {
            calibrations.setOwn(baseline, of: user)
            if let baseline { engine.learn(baseline.calibration, as: baseline.id) }
        }
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
        var whole = ScoringOutput()
        append(output, &result, &whole)
        finish(&result, whole)
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
    func apply(_ actions: [PendingAction]) -> ScoredBatch? {
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

    /// Adds what closing ticks produced, and what that says of the calibrations.
    private func append(
        _ next: ScoringOutput,
        _ result: inout ScoredBatch,
        _ output: inout ScoringOutput
    ) {
        if !next.histograms.isEmpty {
            result.commit.healthChanges += monitor.add(next.histograms, engine.variants)
        }
        output.append(next)
    }

    private func observation(
        _ incoming: IncomingRecord,
        _ detection: Detection,
        _ result: inout ScoredBatch,
        _ output: inout ScoringOutput
    ) -> Observation {
        let record = incoming.record
        let findings = detection.findings
        let step = detection.link?.step
        let place = engine.place(record.time)
        append(place.output, &result, &output)
        monitor.note(version: record.modelVersion, of: record.model)
        let variant = variant(of: record, at: place.tick)
        let userRungs = calibrations.rungs(
            of: findings,
            scope: .user,
            model: record.model,
            variant: variant?.calibration
        )
        let modelRungs = calibrations.rungs(of: findings, scope: .model, model: record.model)
        let campaignRungs =
            step.map { calibrations.rungs(of: $0, model: record.model) } ?? []
        engine.add(
            ScoringInput(
                model: record.model,
                user: record.user,
                time: record.time,
                userRungs: userRungs,
                userCalibration: variant?.id,
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
            campaignRungs: campaignRungs,
            userCalibration: variant?.id
        )
    }

    /// What a user's record is judged by instead of the pooled calibration: in a tick always the same.
    private func variant(of record: Record, at tick: Tick) -> NamedCalibration? {
        if let chosen = engine.userCalibration(record.user, of: record.model, at: tick) {
            return chosen.flatMap { id in
                engine.variants[id].map { NamedCalibration(id: id, $0) }
            }
        }
        return calibrations.variant(of: record.user, record.model, stratum: strata.stratum(of: record))
    }

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
        if !areAlertsTaken { book.take(output.samples, output.levelChanges, result.commit.healthChanges) }
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
        result.commit.sampleCalibrations = output.variants
        result.commit.levelChanges = output.levelChanges
        result.commit.tracks = output.changed.sorted().compactMap { entity in
            engine.state(of: entity).map { StoredTrack(entity, $0) }
        }
        result.commit.evicted = output.evicted.sorted().map { StoredTrack.Key(entity: $0) }
        let changed = Set(result.commit.observations.map(\.record.model))
        result.histories = detectors.uses
        for (model, detector) in detectors.histories {
            guard changed.contains(model), let newest = detector.newestTime else { continue }
            // An empty window starts after everything that was seen.
            let first = detector.oldestSequence ?? progress.sequence + 1
            result.commit.historyWindows.append(HistoryWindow(model: model, first: first, newest: newest))
        }
        result.commit.historyWindows.sort { $0.model < $1.model }
        result.calibrationHealth = monitor.healths
        result.calibrationNewest = calibrations.byModel.compactMapValues(\.newest)
        (result.usersByLevel, result.campaignsByLevel) = engine.membersByLevel
    }
}
