import Alerting
import Coverage
import Domain
import Scoring
import Similarity
import Storage

/// What a batch leaves behind, whatever it was made of.
extension BatchScorer {
    /// A commit without rows, where the last one left off.
    func emptyCommit() -> CommitBatch {
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
    func finish(
        _ result: inout ScoredBatch,
        _ output: ScoringOutput,
        areAlertsTaken: Bool = false
    ) {
        let blindness = coverage.takeNotices(at: result.commit.received)
        let works = blindness.map { $0.change(endsAt: engine.configuration.end) }
        if areAlertsTaken {
            book.take([], [], [], works)
        } else {
            book.take(output.samples, output.levelChanges, result.commit.healthChanges, works)
        }
        result.blindness = blindness
        (result.commit.coverage, result.coverage) = coverage.takeChanges(monitor.takeChangedVersions())
        result.blindReasons = coverage.watch.reasons
        let changes = book.takeChanges()
        result.commit.alerts = changes.alerts.values.sorted { $0.snapshot.id < $1.snapshot.id }
        result.commit.alertEvents = changes.events
        result.commit.notices = changes.notices
        result.commit.isSilent = isSilent
        progress.batch += 1
        progress.sequence += Int64(result.commit.observations.count)
        result.commit.sequence = progress.sequence
        result.commit.watermark = engine.watermark
        (result.commit.sourceProgress, result.commit.forgottenSources) = events.takeChanges()
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
        addHistories(to: &result, isFirst: isFirst)
        isFirst = false
        result.calibrationHealth = monitor.healths
        result.calibrationNewest = calibrations.byModel.compactMapValues(\.newest)
        (result.usersByLevel, result.campaignsByLevel) = engine.membersByLevel
    }
}
