package import Domain

/// The tracks at the end of a tick, from which later samples are computed when older histograms are deleted.
package struct ScoreBase: Hashable, Sendable {
    package let tick: Tick
    /// The id of the first sample after it.
    package let nextSampleID: Int64
    /// The tracks that differ from new ones.
    package let tracks: [StoredTrack]

    package init(tick: Tick, nextSampleID: Int64, tracks: [StoredTrack]) {
        self.tick = tick
        self.nextSampleID = nextSampleID
        self.tracks = tracks
    }
}
