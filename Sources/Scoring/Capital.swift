import Domain

/// What a track's evidence is read from between two ticks with queries: the strongest lane of each horizon.
///
/// Decay never turns the order of two amounts around, so the strongest lane of a horizon stays it.
struct Capital: Hashable, Sendable {
    /// Of the means of ticks, in units, burst first.
    private let means: SIMD4<Int64>
    /// Over all streams of detectors.
    private let peaks: SIMD4<Int64>
    /// What the streams' lanes cost, in units.
    private let price: Int64
    private let hasMeans: Bool

    /// Of a track, as of its last tick with queries.
    init(_ track: Track) {
        means = SIMD4(track.lanes[0], track.lanes[1], track.lanes[2], track.lanes[3])
        peaks = track.peaks
        price = track.price
        hasMeans = means.max() > 0
    }

    /// The evidence that counts, in units.
    ///
    /// - Parameters:
    ///   - ticks: since the last tick with queries.
    ///   - configuration: the constants.
    ///   - slack: what a lane may be low by.
    /// - Returns: 0 … cap.
    func evidence(after ticks: Int64, _ configuration: ScoringConfiguration, slack: Int64 = 0) -> Int64 {
        var (mean, peak): (Int64, Int64) = (0, 0)
        for lane in 0..<4 {
            let table = configuration.decayTables[lane]
            peak = max(peak, table.decay(peaks[lane], over: ticks))
            if hasMeans { mean = max(mean, table.decay(means[lane], over: ticks)) }
        }
        let most = min(configuration.cap, mean + slack)
        return max(
            hasMeans ? configuration.combined(most) : 0,
            peak == 0 && slack == 0 ? 0 : min(configuration.cap, peak + slack) - price
        )
    }
}
