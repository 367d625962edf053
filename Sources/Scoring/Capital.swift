import Domain

/// What a track's evidence is read from between two ticks with queries: the strongest lane of each horizon.
///
/// Decay never turns the order of two amounts around, so the strongest lane of a horizon stays it. Hundreds of thousands of these
/// are looked at in a tick, so the rare track that holds means of ticks and streams keeps the streams' lanes apart.
struct Capital: Hashable, Sendable {
    /// In units, burst first: of the means of ticks, or of the streams where there are no means.
    private let lanes: SIMD4<Int64>
    /// What these lanes cost, in units.
    private let price: Int64
    /// Lanes and price of the streams beside the means of ticks.
    private let streams: [Int64]?

    /// Of a track, as of its last tick with queries.
    init(_ track: Track, _ configuration: ScoringConfiguration) {
        let means = SIMD4(track.lanes[0], track.lanes[1], track.lanes[2], track.lanes[3])
        let hasMeans = means.max() > 0
        lanes = hasMeans ? means : track.peaks
        price = hasMeans ? configuration.penalty : track.price
        streams =
            hasMeans && track.peaks.max() > 0
            ? (0..<4).map { track.peaks[$0] } + [track.price] : nil
    }

    /// The evidence that counts, in units.
    ///
    /// - Parameters:
    ///   - ticks: since the last tick with queries.
    ///   - configuration: the constants.
    ///   - slack: what a lane may be low by.
    /// - Returns: 0 … cap.
    func evidence(after ticks: Int64, _ configuration: ScoringConfiguration, slack: Int64 = 0) -> Int64 {
        var most: Int64 = 0
        for lane in 0..<4 {
            most = max(most, configuration.decayTables[lane].decay(lanes[lane], over: ticks))
        }
        var evidence = min(configuration.cap, most + slack) - price
        if let streams {
            most = 0
            for lane in 0..<4 {
                most = max(most, configuration.decayTables[lane].decay(streams[lane], over: ticks))
            }
            evidence = max(evidence, min(configuration.cap, most + slack) - streams[4])
        }
        return max(0, evidence)
    }
}
