package import Domain

/// Turns rungs into samples, tick by tick, for users, campaigns, models and the whole service.
///
/// A value without a clock: event time comes with the records, and only the caller does I/O. Ticks close in order; a
/// tick closes by its histograms alone, whether they were just counted or read back, so that a replay is the same.
package struct ScoringEngine: Sendable {
    /// The constants.
    package let configuration: ScoringConfiguration
    /// What is usual, by model; a model that is missing is uncalibrated.
    package let calibrations: [ModelID: Calibration]
    /// Calibrations of parts of a model's users, and users' own baselines, by artefact.
    package private(set) var variants: [String: Calibration]
    /// Before this instant nothing more is expected; nil before the first record.
    package private(set) var watermark: Timestamp?
    /// The last closed tick; nil before the first record.
    package internal(set) var lastClosedTick: Tick?
    package internal(set) var nextSampleID: Int64

    var tracks: [Entity: Track]
    /// Entities above info: the only ones whose level can change without queries.
    var elevated: Set<Entity> = []
    /// Every model with a track of its own or of a member.
    var members: [ModelID: Members] = [:]
    private var open: [Tick: OpenTick] = [:]

    /// An engine that goes on where another stopped.
    ///
    /// - Parameters:
    ///   - configuration: the constants.
    ///   - calibrations: by model, pooled over its users.
    ///   - variants: others that users' histograms name, by artefact.
    ///   - state: of the other engine; members' tracks may be as old as their last change.
    package init(
        configuration: ScoringConfiguration,
        calibrations: [ModelID: Calibration],
        variants: [String: Calibration] = [:],
        state: EngineState = EngineState()
    ) {
        self.configuration = configuration
        self.calibrations = calibrations
        self.variants = variants
        watermark = state.watermark
        lastClosedTick = state.lastClosedTick
        nextSampleID = state.nextSampleID
        tracks = state.tracks
        open = state.open
        for (entity, stored) in state.tracks {
            var track = stored
            if entity.isMember, let model = entity.model {
                let criticality = configuration.criticality(of: model)
                // A level that only was evaluated again is not stored every time.
                if track.level > .info, let seen = track.seen, let last = lastClosedTick, seen < last {
                    track.advance(to: last, criticality: criticality, configuration)
                    tracks[entity] = track
                }
                members[model, default: Members()]
                    .update(entity, track, criticality: criticality, configuration)
            }
            if case .model(let model) = entity, members[model] == nil { members[model] = Members() }
            if track.level > .info { elevated.insert(entity) }
        }
    }

    /// All that this engine remembers.
    package var state: EngineState {
        var state = EngineState(
            watermark: watermark,
            lastClosedTick: lastClosedTick,
            nextSampleID: nextSampleID,
            tracks: tracks
        )
        state.open = open
        return state
    }

    /// Whether passing time alone can still change something: a tick is open, or a level may fall.
    package var hasPendingTicks: Bool { !open.isEmpty || !elevated.isEmpty }

    /// Whether records wait in a tick that is open.
    package var hasOpenTicks: Bool { !open.isEmpty }

    /// How many users and how many campaigns stand at each level; those that are like new ones are not counted.
    package var membersByLevel: (users: [Level: Int], campaigns: [Level: Int]) {
        let none = Dictionary(uniqueKeysWithValues: Level.allCases.map { ($0, 0) })
        var counts = (users: none, campaigns: none)
        for (entity, track) in tracks {
            switch entity {
            case .user: counts.users[track.level, default: 0] += 1
            case .campaign: counts.campaigns[track.level, default: 0] += 1
            case .model, .global: break
            }
        }
        return counts
    }

    /// The tracks above info, ordered by entity, with their levels as of the last closed tick.
    package var elevatedTracks: [(entity: Entity, track: Track)] {
        elevated.sorted().compactMap { entity in tracks[entity].map { (entity, $0) } }
    }

    /// The track of an entity; nil when it is like a new one.
    package func state(of entity: Entity) -> Track? { tracks[entity] }

    /// Says where a record of this time goes where every record's time can be trusted: one alone closes the ticks
    /// before it.
    ///
    /// - Parameter time: the record's.
    /// - Returns: its own tick, or, if that is closed, the first open one (`isLate`); and what closing produced.
    package mutating func place(_ time: Timestamp) -> (tick: Tick, isLate: Bool, output: ScoringOutput) {
        place(time, reached: time - configuration.lateness)
    }

    /// Says where a record of this time goes, after closing the ticks that are over.
    ///
    /// - Parameters:
    ///   - time: the record's.
    ///   - watermark: before it nothing more is expected (``EventProgress``); nil: nothing is known yet.
    /// - Returns: its own tick, or, if that is closed, the first open one (`isLate`); and what closing produced.
    package mutating func place(
        _ time: Timestamp,
        reached watermark: Timestamp?
    ) -> (tick: Tick, isLate: Bool, output: ScoringOutput) {
        let output = watermark.map { advance(to: $0) } ?? ScoringOutput()
        let own = configuration.tick(of: time)
        guard let last = lastClosedTick, own <= last else { return (own, false, output) }
        return (Tick(last.index + 1), true, output)
    }

    /// Makes a calibration known that users' histograms will name.
    package mutating func learn(_ calibration: Calibration, as artefact: String) {
        variants[artefact] = calibration
    }

    /// By which artefact a user is counted in a tick that is open.
    ///
    /// - Returns: the artefact, or nil for the model's pooled calibration; nil around it: the user has no query in the
    ///   tick yet, and may be counted by any.
    package func userCalibration(_ user: UserID, of model: ModelID, at tick: Tick) -> String?? {
        open[tick]?.calibration(of: .user(user, model: model)) ?? .none
    }

    /// What a histogram was counted by.
    func calibration(of histogram: TickHistogram) -> Calibration? {
        if let artefact = histogram.calibration { return variants[artefact] }
        return histogram.entity.model.flatMap { calibrations[$0] }
    }

    /// Counts a record in an open tick.
    ///
    /// - Parameters:
    ///   - input: the record's rungs; those of detectors that are not calibrated are not counted.
    ///   - tick: where ``place(_:)`` said, now or before a restart.
    /// - Precondition: the tick is open.
    package mutating func add(_ input: ScoringInput, at tick: Tick) {
        precondition(lastClosedTick.map { $0 < tick } ?? true, "tick \(tick) is closed")
        let calibration = calibrations[input.model]
        let user = Entity.user(input.user, model: input.model)
        var counts = open.removeValue(forKey: tick) ?? OpenTick()
        let own = input.userCalibration.map { variants[$0] } ?? calibration
        counts.add(
            user,
            input.userRungs,
            own?.detectors(feeding: .user) ?? [],
            calibration: input.userCalibration,
            at: input.time,
            isSceneKnown: input.isSceneKnown
        )
        if let campaign = input.campaign {
            let entity = Entity.campaign(campaign, model: input.model)
            counts.add(
                entity,
                input.campaignRungs,
                calibration?.detectors(feeding: .campaign) ?? [],
                at: input.time
            )
        }
        counts.add(
            .model(input.model),
            input.modelRungs,
            calibration?.detectors(feeding: .model) ?? [],
            keepsOrder: false
        )
        open[tick] = counts
    }

    /// Closes every tick that ends by `watermark`: the wall clock's in live mode.
    ///
    /// - Parameter watermark: before it nothing more is expected; an earlier one than before changes nothing.
    /// - Returns: what closing produced.
    package mutating func advance(to watermark: Timestamp) -> ScoringOutput {
        let reached = self.watermark.map { max($0, watermark) } ?? watermark
        self.watermark = reached
        let target = Tick(configuration.tick(of: reached).index - 1)
        var output = ScoringOutput()
        let before = lastClosedTick
        guard before.map({ $0 < target }) ?? true else { return output }
        for tick in open.keys.sorted() where tick <= target {
            guard let counts = open.removeValue(forKey: tick) else { continue }
            close(tick, counts.histograms(of: tick), into: &output)
        }
        settle(through: target, into: &output)
        sweepIfDue(since: before, at: target, into: &output)
        return output
    }

    /// Closes every open tick: at the end of a replay, or before another calibration.
    ///
    /// - Returns: what closing produced.
    package mutating func closeAll() -> ScoringOutput {
        guard let last = open.keys.max() else { return ScoringOutput() }
        return advance(to: configuration.end(of: last))
    }

    /// Closes a tick by stored histograms, to recompute its samples.
    ///
    /// - Parameters:
    ///   - tick: after all ticks closed before; those between had no queries.
    ///   - histograms: all of the tick, in any order.
    /// - Returns: the same as when they were counted.
    /// - Throws: `ScoringError.tickAlreadyClosed` or `ScoringError.mismatchedHistogram`, without any effect.
    package mutating func close(
        tick: Tick,
        histograms: [TickHistogram]
    ) throws(ScoringError) -> ScoringOutput {
        if let lastClosedTick, tick <= lastClosedTick { throw .tickAlreadyClosed(tick) }
        for histogram in histograms where !fits(histogram, tick) {
            throw .mismatchedHistogram(histogram.entity, tick)
        }
        var output = advance(to: configuration.start(of: tick))
        close(tick, histograms.sorted { $0.entity < $1.entity }, into: &output)
        output.append(advance(to: configuration.end(of: tick)))
        return output
    }

    private func fits(_ histogram: TickHistogram, _ tick: Tick) -> Bool {
        guard histogram.tick == tick, histogram.queries > 0, histogram.entity.model != nil else {
            return false
        }
        let calibration = calibration(of: histogram)
        guard histogram.steps.isEmpty || histogram.stepsFit else { return false }
        return histogram.counts.allSatisfy { counts in
            let expected = calibration?[counts.detector]?.eValues.count
            let scored = counts.byRung.reduce(0, +)
            return counts.byRung.count == expected && scored <= histogram.queries
                && counts.byRung.allSatisfy { $0 >= 0 }
        }
    }
}

extension TickHistogram {
    /// Whether the steps are those that were counted.
    fileprivate var stepsFit: Bool {
        steps.count == counts.count
            && zip(counts, steps).allSatisfy { counts, codes in
                guard codes.count == queries else { return false }
                var byRung = [Int](repeating: 0, count: counts.byRung.count)
                for code in codes {
                    guard let rung = code.rung else { continue }
                    guard byRung.indices.contains(rung) else { return false }
                    byRung[rung] += 1
                }
                return byRung == counts.byRung
            }
    }
}
