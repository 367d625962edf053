import Alerting
import Coverage
package import Domain
package import Ingest
import Runtime
package import Scoring
import Similarity
package import Storage

/// Turns what was read into what one transaction writes: decode, drop repeats, detect, score.
///
/// Confined to the task that calls it. What comes out depends on the lines and their order alone; batches, threads
/// and restarts change nothing (docs/design/pipeline.md#deterministic).
package final class BatchScorer {
    private let intake: RecordIntake
    let detectors: Detectors
    package var calibrations: ActiveCalibrations
    private let strata: StratumRules
    var monitor: CalibrationMonitor
    /// How much of what is logged can be seen.
    package var coverage: CoverageKeeper
    private let learner: OwnBaselineLearner?
    /// The last day, of event time, at whose begin own baselines were learnt; nil before the first record.
    private var learntDay: Int64?
    let configurationID: String
    let clock: @Sendable () -> Timestamp
    var isFirst = true
    private let stages: StageClock?
    var engine: ScoringEngine
    var book: AlertBook
    let isSilent: Bool
    var progress: Progress
    var events: EventProgress

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
    ///   - state: from where it goes on.
    ///   - rules: by which it scores.
    ///   - means: with which it scores.
    package init(_ state: State, _ rules: Rules, _ means: Means) {
        engine = state.engine
        book = state.book
        for (model, health) in state.monitor.healths { book.note(health, of: model) }
        isSilent = rules.isSilent
        detectors = state.detectors
        calibrations = rules.calibrations
        strata = rules.strata
        monitor = state.monitor
        coverage = state.coverage
        learner = means.learner
        configurationID = rules.configurationID
        clock = means.clock
        progress = state.progress
        events = state.events
        intake = RecordIntake(pool: means.pool, zone: rules.zone, names: rules.names, seen: means.seen)
        stages = means.stages
        learntDay = engine.watermark.map { day(of: $0) }
    }

    /// Scores what was read.
    ///
    /// It is one transaction, unless its records are of many days, or a day of event time begins in the middle: own baselines
    /// are learnt from what is stored, so what came before is committed first.
    ///
    /// - Parameters:
    ///   - batch: lines in order, with the sources' new positions.
    ///   - latest: records of a later time are dead letters; nil accepts any time.
    ///   - wall: live: the wall clock's time, of which no record is ahead; nil: event time alone counts.
    ///   - emit: gets what to commit, in order; nothing where there is nothing.
    ///   - settle: waits until everything that was emitted is committed; told how many batches that makes.
    /// - Throws: what `seen`, `emit`, `settle` or learning throws; `AbandonedScoring` when it was given up, after which
    ///   the scorer is of no use.
    package func score(
        _ batch: IngestBatch,
        latest: Timestamp? = nil,
        wall: EventProgress.Wall? = nil,
        emit: (ScoredBatch) async throws -> Void,
        settle: (Int64) async throws -> Void
    ) async throws {
        guard !batch.isEmpty else { return }
        var lap = StageLap(stages)
        let decoded = await intake.decode(batch.items, latest: latest, now: clock())
        lap.end(.decode)
        let (fresh, isFresh, reusedIDs) = try await intake.withoutRepeats(decoded.records)
        coverage.begin(decoded, isFresh, at: wall?.now)
        lap.end(.repeats)
        var rest = fresh[...]
        var places: [EventProgress.Place]
        while true {
            // Where the sources stand after each record; nothing has happened yet.
            var next = events
            places = place(rest, wall, in: &next)
            let day = nextDay(places)
            if let count = Self.countOfDays(rest), count < day?.count ?? .max {
                var result = ScoredBatch(emptyCommit(), bytesRead: 0)
                var output = ScoringOutput()
                _ = place(rest.prefix(count), wall, in: &events)
                try await score(rest.prefix(count), places, into: &result, &output)
                coverage.countUnscored(after: engine)
                coverage.keepPlace()
                finish(&result, output)
                try await emit(result)
                rest = rest.dropFirst(count)
                continue
            }
            guard let (count, day) = day, let watermark = places[count].watermark else {
                events = next
                break
            }
            var result = ScoredBatch(emptyCommit(), bytesRead: 0)
            var output = ScoringOutput()
            _ = place(rest.prefix(count), wall, in: &events)
            try await score(rest.prefix(count), places, into: &result, &output)
            coverage.countUnscored(after: engine)
            coverage.keepPlace()
            events.advance(to: watermark)
            append(engine.advance(to: watermark), &result, &output)
            finish(&result, output)
            try await emit(result)
            try await settle(progress.batch)
            try await learn(atBeginOf: day)
            rest = rest.dropFirst(count)
        }
        var result = ScoredBatch(emptyCommit(), bytesRead: batch.bytesRead)
        var output = ScoringOutput()
        result.commit.deadLetters = decoded.deadLetters
        result.duplicates = decoded.records.count - fresh.count
        result.reusedIDs = reusedIDs.map { ($0.model, $0.id) }
        result.future = decoded.future
        try await score(rest, places, into: &result, &output)
        coverage.countUnscored(after: engine)
        coverage.forgetPlace()
        result.commit.sources = batch.sources.map {
            CommitBatch.SourceUpdate(file: $0.file, expectedOffset: $0.expectedOffset)
        }
        finish(&result, output)
        try await emit(result)
    }

    /// Where records that come next belong.
    private func place(
        _ records: ArraySlice<SourcedRecord>,
        _ wall: EventProgress.Wall?,
        in events: inout EventProgress
    ) -> [EventProgress.Place] {
        records.enumerated().map { index, read in
            events.place(
                read.record.time,
                of: read.record.user,
                from: read.source,
                sequence: progress.sequence + Int64(index) + 1,
                wall: wall
            )
        }
    }

    private func score(
        _ records: ArraySlice<SourcedRecord>,
        _ places: [EventProgress.Place],
        into result: inout ScoredBatch,
        _ output: inout ScoringOutput
    ) async throws {
        let incoming = records.enumerated().map {
            IncomingRecord(sequence: progress.sequence + Int64($0) + 1, record: $1.record)
        }
        let detections = try await detectors.observe(incoming)
        var lap = StageLap(stages)
        for (index, read) in records.enumerated() {
            let detection = detections[index]
            coverage.countUnscored(after: engine)
            let observation = observation(incoming[index], places[index], detection, &result, &output)
            result.add(observation, detection)
            result.punctuality[read.path, default: Punctuality()].add(observation, places[index])
            coverage.count(
                observation,
                opinions: detectors.plans.opinionDetectors(on: read.record.model),
                isInputExpected: calibrations.byModel[read.record.model]?.isSimilarityCalibrated == true,
                after: engine
            )
        }
        let models = Set(records.map(\.record.model))
        result.commit.featureModels = models.filter { detectors.metric(of: $0) == .features }
        result.commit.campaigns = detectors.joined
        lap.end(.score)
    }

    /// The most days that one transaction writes records of: each takes a dozen locks of the server's, which has a few thousand
    /// for all.
    private static let mostDays = 8

    /// How many of some records, which come next, are of that many days; nil where all are.
    private static func countOfDays(_ records: ArraySlice<SourcedRecord>) -> Int? {
        var days: Set<Int64> = []
        for (count, read) in records.enumerated() {
            days.insert(read.record.time.day)
            if days.count > mostDays { return count }
        }
        return nil
    }

    /// After how many of some records, which come next, a day begins whose baselines are not learnt yet.
    private func nextDay(_ places: [EventProgress.Place]) -> (count: Int, day: Int64)? {
        guard learner != nil else { return nil }
        for (count, place) in places.enumerated() {
            guard let day = place.watermark.map({ self.day(of: $0) }) else { continue }
            guard let learnt = learntDay else {
                // Nothing is stored before the first record of all.
                learntDay = day
                continue
            }
            if day > learnt { return (count, day) }
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

    /// Adds what closing ticks produced, and what that says of the calibrations.
    package func append(
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
        _ event: EventProgress.Place,
        _ detection: Detection,
        _ result: inout ScoredBatch,
        _ output: inout ScoringOutput
    ) -> Observation {
        let record = incoming.record
        let findings = detection.findings
        let step = detection.link?.step
        let place = engine.place(event.time, reached: event.watermark)
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
                campaignRungs: campaignRungs,
                isSceneKnown: findings.isSceneKnown
            ),
            at: place.tick
        )
        return Observation(
            sequence: incoming.sequence,
            record: record,
            findings: findings,
            tick: place.tick,
            isLate: place.isLate,
            isAhead: event.isAhead,
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
}
