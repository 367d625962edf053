import Domain

extension ScoringEngine {
    /// How often idle tracks are looked through for what has faded away, in ticks.
    private static let sweepInterval: Int64 = 360

    /// Closes a tick with queries, after the quiet ones before it.
    mutating func close(_ tick: Tick, _ histograms: [TickHistogram], into output: inout ScoringOutput) {
        settle(through: Tick(tick.index - 1), into: &output)
        evaluate(tick, histograms, into: &output)
        output.histograms += histograms
        lastClosedTick = tick
    }

    /// Closes quiet ticks; stops as soon as nothing can change any more.
    mutating func settle(through target: Tick, into output: inout ScoringOutput) {
        guard let last = lastClosedTick else {
            lastClosedTick = target
            return
        }
        guard last < target else { return }
        var tick = Tick(last.index + 1)
        while tick <= target, !elevated.isEmpty {
            evaluate(tick, [], into: &output)
            tick.index += 1
            guard tick <= target, elevated.allSatisfy(rests) else { continue }
            // Nobody knows for how long people hold a level: a year of it costs no more than a tick.
            for entity in elevated { tracks[entity]?.rest(until: target) }
            break
        }
        lastClosedTick = target
    }

    /// Whether quiet ticks leave a level as it is, for as long as there are only such.
    private func rests(_ entity: Entity) -> Bool {
        entity.isMember && tracks[entity]?.isHeld == true
    }

    /// Looks idle tracks through, once an interval, whether its boundary was a busy tick or a quiet one.
    mutating func sweepIfDue(since before: Tick?, at target: Tick, into output: inout ScoringOutput) {
        guard let before else { return }
        let interval = Self.sweepInterval
        guard before.index.floorDivided(by: interval) != target.index.floorDivided(by: interval) else {
            return
        }
        sweep(at: target, into: &output)
    }

    /// One tick of the grid: updates, then levels, then samples: users, campaigns, models, the whole service.
    private mutating func evaluate(
        _ tick: Tick,
        _ histograms: [TickHistogram],
        into output: inout ScoringOutput
    ) {
        var queries: [Entity: Int] = [:]
        var variants: [Entity: String] = [:]
        var stepped: Set<Entity> = []
        for histogram in histograms {
            queries[histogram.entity] = histogram.queries
            variants[histogram.entity] = histogram.calibration
            if step(histogram, into: &output) { stepped.insert(histogram.entity) }
        }
        let isBusy = !histograms.isEmpty
        if isBusy {
            let service = queries.reduce(0) { if case .model = $1.key { $0 + $1.value } else { $0 } }
            queries[.global] = service
        }
        // No union of the two: those above info may be 100,000, and each is looked at once.
        let raised = elevated
        stepped.subtract(raised)
        var changes: [Entity: Level] = [:]
        var models: Set<Entity> = []
        var faded: [Entity] = [.global]
        for entity in [raised, stepped].joined() {
            if entity.isMember {
                let (before, isZero) = evaluateMember(entity, at: tick, into: &output)
                if let before { changes[entity] = before }
                if isZero { faded.append(entity) }
            } else {
                faded.append(entity)
                if case .model = entity { models.insert(entity) }
            }
        }
        for entity in Set(changes.keys).union(queries.keys.filter(\.isMember)).sorted() {
            if let variant = variants[entity] { output.variants[nextSampleID] = variant }
            issue(assess(member: entity, at: tick), queries[entity] ?? 0, changes[entity], into: &output)
        }
        for case .model(let model) in queries.keys { models.insert(.model(model)) }
        for entity in models.sorted() {
            let count = queries[entity]
            let standing = standing(of: entity, at: tick, isExact: count != nil)
            let before = settleLevel(entity, standing.score, at: tick, into: &output)
            if count != nil || before != nil {
                issue(assess(model: entity, at: tick), count ?? 0, before, into: &output)
            }
        }
        if isBusy || elevated.contains(.global) {
            let rollUp = service(at: tick, isExact: isBusy)
            let before = settleLevel(.global, rollUp.score, at: tick, into: &output)
            if isBusy || before != nil {
                issue(assessService(at: tick), queries[.global] ?? 0, before, into: &output)
            }
        }
        for entity in faded {
            if let track = tracks[entity], track.isZero { evict(entity, into: &output) }
        }
    }

    /// Takes in a histogram; says whether it was calibrated.
    private mutating func step(_ histogram: TickHistogram, into output: inout ScoringOutput) -> Bool {
        let entity = histogram.entity
        guard !histogram.counts.isEmpty, let calibration = calibration(of: histogram) else { return false }
        guard tracks[entity] != nil else {
            // Most benign users stay at nothing and never need to be remembered.
            var track = Track()
            track.step(histogram, calibration, configuration)
            guard !track.isZero else { return false }
            tracks[entity] = track
            remember(entity, into: &output)
            return true
        }
        tracks[entity, default: Track()].step(histogram, calibration, configuration)
        remember(entity, into: &output)
        return true
    }

    private mutating func remember(_ entity: Entity, into output: inout ScoringOutput) {
        output.change(entity)
        guard let model = entity.model else { return }
        if members[model] == nil { members[model] = Members() }
        guard entity.isMember, let track = tracks[entity] else { return }
        let criticality = configuration.criticality(of: model)
        members[model]?.update(entity, track, criticality: criticality, configuration)
    }

    /// Evaluates a member's level; returns the one before if it changed, and whether nothing is left of the track.
    private mutating func evaluateMember(
        _ entity: Entity,
        at tick: Tick,
        into output: inout ScoringOutput
    ) -> (before: Level?, isZero: Bool) {
        guard let model = entity.model, let place = tracks.index(forKey: entity) else { return (nil, false) }
        let track = tracks.values[place]
        let score = track.score(at: tick, criticality: configuration.criticality(of: model), configuration)
        tracks.values[place].evaluate(score, at: tick, configuration)
        let evaluated = tracks.values[place]
        guard evaluated.level != track.level else { return (nil, evaluated.isZero) }
        return (note(entity, before: track.level, into: &output), evaluated.isZero)
    }

    /// Evaluates the level of a model or the whole service; returns the one before if it changed.
    private mutating func settleLevel(
        _ entity: Entity,
        _ score: Int64,
        at tick: Tick,
        into output: inout ScoringOutput
    ) -> Level? {
        let before = tracks[entity] ?? Track()
        var track = before
        track.evaluate(score, at: tick, configuration)
        guard tracks[entity] != nil || track.level > .info else { return nil }
        tracks[entity] = track
        // Unlike a member's, this cannot be repeated from the lanes alone: it depends on what the members were.
        if track.level != before.level || track.below != before.below { output.change(entity) }
        return note(entity, before: before.level, into: &output)
    }

    mutating func note(_ entity: Entity, before: Level, into output: inout ScoringOutput) -> Level? {
        let level = tracks[entity]?.level ?? .info
        guard level != before else { return nil }
        output.change(entity)
        if level > .info { elevated.insert(entity) } else { elevated.remove(entity) }
        return before
    }

    mutating func issue(
        _ assessment: Assessment,
        _ queries: Int,
        _ before: Level?,
        into output: inout ScoringOutput
    ) {
        let id = nextSampleID
        nextSampleID += 1
        output.samples.append(assessment.sample(id: id, queries: queries))
        guard let before, let level = assessment.level else { return }
        output.levelChanges.append(
            LevelChange(sample: id, entity: assessment.entity, tick: assessment.tick, from: before, to: level)
        )
    }

    private mutating func sweep(at tick: Tick, into output: inout ScoringOutput) {
        for (entity, track) in tracks where track.hasVanished(by: tick, configuration) {
            evict(entity, into: &output)
        }
    }

    mutating func evict(_ entity: Entity, into output: inout ScoringOutput) {
        tracks[entity] = nil
        output.evict(entity)
        guard entity.isMember, let model = entity.model else { return }
        members[model]?.forget(entity)
    }
}
