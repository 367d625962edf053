package import Domain
import PostgresClient

extension Store {
    /// The last tick that something is stored of: a histogram, a sample, an intervention, or the tick before an epoch.
    ///
    /// - Returns: the tick; nil where there is nothing.
    /// - Throws: `StorageError.database`.
    package func lastTickWithFacts() async throws(StorageError) -> Tick? {
        try await storing {
            try await session.query(
                """
                select greatest(
                    (select max(tick) from riskd.tick_histogram), (select max(tick) from riskd.sample),
                    (select max(tick) from riskd.level_change), (select max(after_tick) from riskd.action_applied),
                    (select max(first_tick) - 1 from riskd.epoch where first_tick > \(Int64.min)),
                    (select max(tick) from riskd.calibration_health), (select tick from riskd.score_base)
                )
                """
            ).first?.only(Int64?.self).map(Tick.init)
        }
    }

    /// Sets closed ticks of which nothing is stored back to open, as if the clock had never closed them.
    ///
    /// Records that count in a tick that is open count in their own where that is open now, else in the first open one.
    ///
    /// - Parameters:
    ///   - tick: the tick that is to be the last closed one.
    ///   - tracks: as they stood at its end.
    ///   - state: as it is stored.
    /// - Throws: `StorageError.notOwner`, `.fenced` when the state is another by now, or `.database`.
    package func reopen(
        after tick: Tick,
        tracks: [StoredTrack],
        from state: StoredState
    ) async throws(StorageError) {
        guard let owner, let length = tickMilliseconds else { throw .notOwner }
        let rows = TrackRows(tracks)
        let watermark = Timestamp(milliseconds: (tick.index + 1) * length)
        let last = state.lastClosedTick?.index ?? tick.index
        try await storing {
            try await session.transaction { session in
                let count = try session.run(
                    """
                    update riskd.pipeline set last_closed_tick = \(tick.index), watermark = \(watermark.postgres)
                    where batch = \(state.batch) and owner = \(owner)
                    """
                )
                guard count == 1 else { throw StorageError.fenced }
                try session.execute(unsafeSQL: "delete from riskd.track")
                try rows.insert(session, into: "riskd.track")
                // What was claimed under a wrong clock says nothing.
                try session.execute(unsafeSQL: "delete from riskd.source_progress")
                try session.run(
                    """
                    update riskd.observation
                    set tick = greatest(\(tick.index + 1),
                        floor(extract(epoch from time) * 1000 / \(length))::bigint)
                    where tick > \(last)
                    """
                )
            }
        }
    }
}
