import Domain
import Pipeline
import Runtime
import Scoring
import Storage

/// How everybody stands at the end of the last closed tick: an engine made from what is stored, by the pipeline's equations.
///
/// A quiet pipeline commits nothing, but its ticks close all the same, by the clock: so do those here.
actor Standings {
    /// How everybody stands.
    struct Snapshot: Sendable {
        let batch: Int64
        let engine: ScoringEngine
        /// The last closed tick.
        let tick: Tick
        /// Every entity that something is known of, every calibrated model and the whole service.
        let items: [Assessment]

        /// A snapshot at the last closed tick, or as far beyond it as a short time allows: of a log of last year the ticks
        /// until now are many, and the next look goes on.
        fileprivate init(_ batch: Int64, _ stored: ScoringEngine, through target: Tick?) {
            var engine = stored
            let end = ContinuousClock.now + .milliseconds(200)
            while let last = engine.lastClosedTick, let target, last < target, ContinuousClock.now < end {
                // In one step where nothing can change any more.
                let step = engine.elevatedTracks.isEmpty ? target : min(target, Tick(last.index + 256))
                engine = engine.settled(through: step)
            }
            self.batch = batch
            self.engine = engine
            tick = engine.lastClosedTick ?? Tick(0)
            items = engine.levels(at: tick)
        }

        /// The end of the last closed tick.
        var asOf: Timestamp { engine.configuration.end(of: tick) }
        var configuration: ScoringConfiguration { engine.configuration }

        func assessment(of entity: Entity) -> Assessment {
            items.first { $0.entity == entity } ?? engine.level(of: entity, at: tick)
        }
    }

    private let executor = DispatchQueueExecutor(label: "riskd.standings")
    private let pool: StorePool
    private let now: @Sendable () -> Timestamp?
    private var snapshot: Snapshot?
    private var epoch: (epoch: Epoch, configuration: ScoringConfiguration, calibrations: ActiveCalibrations)?
    private var looked: ContinuousClock.Instant?
    private var pause = Duration.seconds(1)
    private var isLoading = false

    /// Standings.
    ///
    /// - Parameters:
    ///   - pool: the database.
    ///   - now: the clock by which quiet ticks close; nil while records are still to be read.
    init(_ pool: StorePool, now: @escaping @Sendable () -> Timestamp?) {
        self.pool = pool
        self.now = now
    }

    /// On a thread of its own: what is computed here must not take the pipeline's.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Longer than a record that was read is on its way into the database.
    private static let margin = Duration.seconds(5)

    /// How everybody stands; at most a second old, or more where looking takes long.
    ///
    /// - Returns: nil before the first tick was closed.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    func current() async throws -> Snapshot? {
        if let looked, ContinuousClock.now - looked < pause { return snapshot }
        // Of many who ask at once one looks; the others take what there is.
        while isLoading {
            if snapshot != nil { return snapshot }
            try await Task.sleep(for: .milliseconds(10))
        }
        isLoading = true
        defer { isLoading = false }
        let began = ContinuousClock.now
        let known = snapshot?.batch
        let loaded = try await pool.lend { store in
            try await store.reading { store in
                let batch = try await store.freshness().batch
                return batch == known ? nil : try await store.loadState()
            }
        }
        if let loaded {
            snapshot = try await snapshot(of: loaded)
        } else if let last = snapshot {
            let target = target(last.configuration)
            if target.map({ $0 > last.tick }) ?? false {
                snapshot = Snapshot(last.batch, last.engine, through: target)
            }
        }
        looked = .now
        // Looking never takes more than a small part of the time.
        pause = max(.seconds(1), (ContinuousClock.now - began) * 20)
        return snapshot
    }

    private func snapshot(of state: StoredState) async throws -> Snapshot? {
        guard let last = state.epochs.last, let tick = state.lastClosedTick else { return nil }
        if epoch?.epoch != last {
            let artefacts = try await pool.lend { try await Restoration.artefacts(of: last, in: $0) }
            epoch = (last, artefacts.configuration, artefacts.calibrations)
        }
        guard let epoch else { return nil }
        var tracks: [Entity: Track] = [:]
        for track in state.tracks where !track.isRollup { tracks[track.entity] = try track.track() }
        let engine = ScoringEngine(
            configuration: epoch.configuration,
            calibrations: epoch.calibrations.byModel,
            state: EngineState(
                watermark: state.watermark,
                lastClosedTick: tick,
                nextSampleID: state.nextSampleID,
                tracks: tracks
            )
        )
        return Snapshot(state.batch, engine, through: target(epoch.configuration))
    }

    /// The last tick that the clock has closed.
    private func target(_ configuration: ScoringConfiguration) -> Tick? {
        now().map { Tick(configuration.tick(of: $0 - configuration.lateness - Self.margin).index - 1) }
    }

    /// The calibrations in force in the last epoch.
    func calibrations() async throws -> ActiveCalibrations? {
        _ = try await current()
        return epoch?.calibrations
    }

    /// When an entity's level falls if nothing more is asked; looked at for 30 days.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - snapshot: how everybody stands.
    /// - Returns: the present level and those below it, down to low.
    func clearings(of entity: Entity, _ snapshot: Snapshot) -> [Clearing] {
        let length = snapshot.configuration.tickLength.wholeMilliseconds
        return snapshot.engine.clearings(of: entity, within: 30 * 86_400_000 / length)
    }
}
