package import Domain
import Scoring
import Storage

/// Closing ticks without a record.
extension BatchScorer {
    /// Whether the clock has something to close: an open tick, or a level that may fall.
    package var needsClock: Bool { engine.hasPendingTicks }

    /// Whether records wait in a tick that is open.
    var hasOpenTicks: Bool { engine.hasOpenTicks }

    /// Before this instant nothing more is expected; nil: nothing is known yet.
    var watermark: Timestamp? { engine.watermark }

    /// How far the sources have come by what several callers agree on; nil: nothing is known yet.
    var reached: Timestamp? { events.reached }

    /// Closes the first tick that is open, whatever the clock says.
    ///
    /// - Returns: what to commit; nil before the first tick is closed.
    func closeFirstOpenTick() -> ScoredBatch? {
        engine.lastClosedTick.flatMap { advance(to: engine.configuration.end(of: Tick($0.index + 1))) }
    }

    /// Closes ticks without a record, because the wall clock says so or because the replay is over.
    ///
    /// - Parameter watermark: no record before this is waited for any longer; nil closes every open tick.
    /// - Returns: what to commit; nil when no tick was closed.
    package func advance(to watermark: Timestamp?) -> ScoredBatch? {
        let before = engine.lastClosedTick
        var output = ScoringOutput()
        if let watermark { output = engine.advance(to: watermark) } else { output = engine.closeAll() }
        guard engine.lastClosedTick != before else { return nil }
        if let reached = engine.watermark { events.advance(to: reached) }
        var result = ScoredBatch(emptyCommit(), bytesRead: 0)
        result.commit.clockAdvance = engine.watermark
        var whole = ScoringOutput()
        append(output, &result, &whole)
        finish(&result, whole)
        return result
    }

    /// Recorded logs were read to their end: what riskd was blind for in them is over.
    ///
    /// - Returns: what to commit; nil where it was blind for nothing.
    func endSources() -> ScoredBatch? {
        guard coverage.end(after: engine.lastClosedTick) else { return nil }
        var result = ScoredBatch(emptyCommit(), bytesRead: 0)
        finish(&result, ScoringOutput())
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
}
