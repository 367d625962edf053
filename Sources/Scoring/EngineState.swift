package import Domain

/// All that a ``ScoringEngine`` remembers, as storage keeps it.
package struct EngineState: Hashable, Sendable {
    /// Before this instant nothing more is expected; nil before the first record.
    package var watermark: Timestamp?
    /// The last closed tick; nil before the first record.
    package var lastClosedTick: Tick?
    package var nextSampleID: Int64
    /// The tracks that differ from new ones: of users, campaigns, models and the whole service.
    package var tracks: [Entity: Track]
    /// What was counted so far in the ticks that are still open.
    ///
    /// Left empty where the open ticks' records are added again.
    var open: [Tick: OpenTick] = [:]

    /// A state; without arguments that of a new engine.
    package init(
        watermark: Timestamp? = nil,
        lastClosedTick: Tick? = nil,
        nextSampleID: Int64 = 1,
        tracks: [Entity: Track] = [:]
    ) {
        self.watermark = watermark
        self.lastClosedTick = lastClosedTick
        self.nextSampleID = nextSampleID
        self.tracks = tracks
    }
}
