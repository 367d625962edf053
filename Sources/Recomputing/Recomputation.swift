package import Domain
import Pipeline
import Scoring
package import Storage

/// Computes stored samples again, from stored histograms and artefacts alone (P7 of
/// docs/design/evidence.md#properties).
package struct Recomputation: Sendable {
    /// A sample that does not come out as it is stored.
    package struct Difference: Sendable {
        /// The sample's id.
        package let id: Int64
        /// What is stored; nil: nothing.
        package let stored: Sample?
        /// What comes out; nil: nothing.
        package let recomputed: Sample?
    }

    /// What was found.
    package struct Report: Sendable {
        /// Samples compared.
        package var samples = 0
        /// Level changes compared.
        package var levelChanges = 0
        /// Histograms read.
        package var histograms = 0
        /// Samples that differ, by id.
        package var differences: [Difference] = []
        /// Samples that name another calibration than the one that they were counted by.
        package var misnamed: [Int64] = []
        /// Samples whose level change differs.
        package var changedLevels: [Int64] = []

        /// The tick after which samples are kept; nil: all are.
        package var base: Tick?
        /// What comes out of the one sample that was asked for.
        package var sample: Sample?

        /// Whether everything is identical.
        package var isIdentical: Bool { differences.isEmpty && changedLevels.isEmpty && misnamed.isEmpty }
    }

    /// It took longer than it may.
    package struct Overdue: Error, Hashable, Sendable {}

    private let store: Store
    private let end: ContinuousClock.Instant?

    /// Recomputes what `store` holds.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - end: when ``Overdue`` is thrown; nil: never.
    package init(_ store: Store, until end: ContinuousClock.Instant? = nil) {
        self.store = store
        self.end = end
    }

    /// Recomputes in order and compares integer by integer.
    ///
    /// - Parameters:
    ///   - only: the one sample to compare; nil for all. All before it are computed either way.
    ///   - progress: told how many samples have been compared.
    /// - Returns: what was found.
    /// - Throws: `StorageError`, `ScoringError`, `StartupError` or ``Overdue``.
    package func run(only: Int64? = nil, progress: (Int) -> Void = { _ in }) async throws -> Report {
        let state = try await store.loadState()
        var through = state.lastClosedTick
        if let only {
            let stored = try await store.sample(only)
            if stored == nil, let base = try await store.scoreBase(), only < base.nextSampleID {
                throw StartupError(
                    "sample \(only) is deleted, and so is what it was computed from: samples are kept from \(base.nextSampleID) on"
                )
            }
            through = stored?.sample.tick ?? through
        }
        return try await run(state, through: through, only: only, progress: progress).report
    }

    /// The tracks at the end of a tick, with everything up to it compared.
    ///
    /// - Parameter tick: a closed one.
    /// - Returns: what was found, and the tracks; nil where nothing was ever scored.
    /// - Throws: `StorageError`, `ScoringError` or `StartupError`.
    package func base(at tick: Tick) async throws -> (report: Report, base: ScoreBase?) {
        let state = try await store.loadState()
        let (report, engine) = try await run(state, through: tick, only: nil, isPart: true) { _ in }
        guard let engine else { return (report, nil) }
        let tracks = engine.state.tracks.sorted { $0.key < $1.key }.map { StoredTrack($0.key, $0.value) }
        return (report, ScoreBase(tick: tick, nextSampleID: engine.nextSampleID, tracks: tracks))
    }

    private func run(
        _ state: StoredState,
        through: Tick?,
        only: Int64?,
        isPart: Bool = false,
        progress: (Int) -> Void
    ) async throws -> (report: Report, engine: ScoringEngine?) {
        var report = Report()
        let numbering = ErasedNumbering(store, pseudonyms: try await store.pseudonyms())
        let base = try await store.scoreBase()
        report.base = base?.tick
        // What was in force when the base was made, or first of all.
        let past = state.epochs.lastIndex { epoch in base.map { epoch.firstTick <= $0.tick } ?? false } ?? 0
        guard state.epochs.indices.contains(past) else { return (report, nil) }
        var epochs = state.epochs[(past + 1)...]
        var interventions = try await store.interventions()
            .filter { intervention in base.map { intervention.afterTick > $0.tick } ?? true }[...]
        var engine = try await engine(of: state.epochs[past], after: try EngineState(base), [:])
        var names = CalibrationNames(state.epochs[past])
        var output = ScoringOutput()
        var last = base?.tick
        while true {
            if let end, end <= .now { throw Overdue() }
            let histograms = try await store.histograms(after: last)
            guard let newest = histograms.last?.tick else { break }
            last = newest
            for group in histograms.chunked(by: \.tick) {
                guard let tick = group.first?.tick else { continue }
                for id in Set(group.compactMap(\.calibration)) where engine.variants[id] == nil {
                    engine.learn(try await Restoration.calibration(id, in: store), as: id)
                }
                if let through, tick > through { break }
                while let next = epochs.first, next.firstTick <= tick {
                    let closed = engine.advance(
                        to: engine.configuration.start(of: next.firstTick),
                        applying: &interventions
                    )
                    names.add(closed)
                    output.append(closed)
                    names.begin(next)
                    engine = try await self.engine(of: next, after: engine.state, engine.variants)
                    epochs = epochs.dropFirst()
                }
                var closed = engine.advance(
                    to: engine.configuration.start(of: tick),
                    applying: &interventions
                )
                closed.append(try engine.close(tick: tick, histograms: group))
                names.add(closed)
                output.append(closed)
                report.histograms += group.count
            }
            try await compare(output, names.take(), numbering, only, &report)
            output = ScoringOutput()
            progress(report.samples)
            if let through, newest >= through { break }
        }
        while let next = epochs.first, through.map({ next.firstTick <= $0 }) ?? false {
            let closed = engine.advance(
                to: engine.configuration.start(of: next.firstTick),
                applying: &interventions
            )
            names.add(closed)
            output.append(closed)
            names.begin(next)
            engine = try await self.engine(of: next, after: engine.state, engine.variants)
            epochs = epochs.dropFirst()
        }
        // The quiet ticks after the last query count too: levels step down on them.
        if let through {
            let closed = engine.advance(
                to: engine.configuration.end(of: through),
                applying: &interventions
            )
            names.add(closed)
            output.append(closed)
        }
        try await compare(output, names.take(), numbering, only, &report)
        if let only {
            guard report.samples == 0, let stored = try await store.sample(only) else {
                return (report, engine)
            }
            report.samples = 1
            report.differences.append(Difference(id: only, stored: stored.sample, recomputed: nil))
        } else if !isPart {
            try await findUnexplained(
                engine.nextSampleID..<max(engine.nextSampleID, state.nextSampleID),
                &report
            )
        }
        return (report, engine)
    }

    private func engine(
        of epoch: Epoch,
        after state: EngineState,
        _ variants: [String: Calibration]
    ) async throws -> ScoringEngine {
        let (configuration, calibrations) = try await Restoration.artefacts(of: epoch, in: store)
        return ScoringEngine(
            configuration: configuration,
            calibrations: calibrations.byModel,
            variants: variants,
            state: state
        )
    }

    private func compare(
        _ computed: ScoringOutput,
        _ computedNames: [Int64: String],
        _ numbering: ErasedNumbering,
        _ only: Int64?,
        _ report: inout Report
    ) async throws {
        let (output, names) = try await numbering.asStored(computed, computedNames)
        let samples = output.samples.filter { only == nil || $0.id == only }
        guard let first = samples.first?.id, let last = samples.last?.id else { return }
        var stored: [Int64: Sample] = [:]
        var named: [Int64: String] = [:]
        var after = first - 1
        while after < last {
            let page = try await store.samples(after: after, limit: Int(last - after))
            for row in page where row.sample.id <= last {
                stored[row.sample.id] = row.sample
                named[row.sample.id] = row.calibrationID
            }
            guard let end = page.last?.sample.id else { break }
            after = end
        }
        if only != nil { report.sample = samples.last }
        for sample in samples {
            report.samples += 1
            if stored[sample.id] != nil, named[sample.id] != names[sample.id] {
                report.misnamed.append(sample.id)
            }
            if stored[sample.id].map({ numbering.areSame($0, sample) }) != true {
                report.differences.append(
                    Difference(id: sample.id, stored: stored[sample.id], recomputed: sample)
                )
            }
        }
        let changes = output.levelChanges.filter { only == nil || $0.sample == only }
        let pages = try await store.levelChanges(after: first - 1, limit: samples.count)
        let known = pages.map(\.change).filter { $0.sample <= last && (only == nil || $0.sample == only) }
        report.levelChanges += changes.count
        report.changedLevels += Set(known).symmetricDifference(changes).map(\.sample).sorted()
    }

    /// Samples that are stored although nothing in the histograms explains them.
    ///
    /// What a running daemon has added since the state was read is none of them.
    private func findUnexplained(_ ids: Range<Int64>, _ report: inout Report) async throws {
        guard !ids.isEmpty else { return }
        for row in try await store.samples(after: ids.lowerBound - 1, limit: 100)
        where ids.contains(row.sample.id) {
            report.differences.append(Difference(id: row.sample.id, stored: row.sample, recomputed: nil))
        }
    }
}

extension ScoringEngine {
    /// Closes quiet ticks up to a time, and does in between what people asked for then.
    fileprivate mutating func advance(
        to time: Timestamp,
        applying interventions: inout ArraySlice<StoredIntervention>
    ) -> ScoringOutput {
        var output = ScoringOutput()
        while let next = interventions.first, configuration.end(of: next.afterTick) <= time {
            output.append(advance(to: configuration.end(of: next.afterTick)))
            output.append(intervene(next.intervention, on: next.entity))
            interventions = interventions.dropFirst()
        }
        output.append(advance(to: time))
        return output
    }
}

/// The artefact that every recomputed sample was counted by.
private struct CalibrationNames {
    private var epoch: Epoch
    private var names: [Int64: String] = [:]

    init(_ epoch: Epoch) { self.epoch = epoch }

    mutating func begin(_ epoch: Epoch) { self.epoch = epoch }

    mutating func add(_ output: ScoringOutput) {
        for sample in output.samples {
            let pooled = sample.entity.model.flatMap { epoch.calibrationIDs[$0] }
            names[sample.id] = output.variants[sample.id] ?? pooled
        }
    }

    mutating func take() -> [Int64: String] {
        defer { names = [:] }
        return names
    }
}

extension Array {
    /// Runs of neighbours with one key.
    func chunked<Key: Equatable>(by key: (Element) -> Key) -> [[Element]] {
        var chunks: [[Element]] = []
        for element in self {
            if let last = chunks.last?.last, key(last) == key(element) {
                chunks[chunks.count - 1].append(element)
            } else {
                chunks.append([element])
            }
        }
        return chunks
    }
}

extension EngineState {
    /// The state from which everything that is kept was scored.
    fileprivate init(_ base: ScoreBase?) throws(StorageError) {
        self.init()
        guard let base else { return }
        lastClosedTick = base.tick
        nextSampleID = base.nextSampleID
        for track in base.tracks { tracks[track.entity] = try track.track() }
    }
}
