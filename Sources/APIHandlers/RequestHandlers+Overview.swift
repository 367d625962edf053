import Configuration
import Domain
import HTTPAPI
import Pipeline
import Runtime
import Scoring
import Storage

extension RequestHandlers {
    func overview(_ call: APICall) async throws -> APIAnswer {
        let snapshot = try await standings.current()
        let report = try await detectors.current(snapshot)
        let health = try await modelHealth(snapshot)
        let coverage = try await coverageReport()
        let (load, next, counts, silences, freshness) = try await readers.lend { store in
            let freshness = try await store.freshness()
            // Alarms are counted by event time: of a replayed log the day before its end.
            let end = snapshot.map { max($0.asOf, freshness.watermark ?? $0.asOf) } ?? call.now
            return (
                try await store.alarmLoad(at: end), try await store.oldestOpenAlert(),
                try await store.alertCounts(), try await store.silences(notOverAt: call.now), freshness
            )
        }
        func count(_ state: AlertState) -> Int {
            counts.filter { $0.state == state }.reduce(0) { $0 + $1.count }
        }
        let worst = snapshot.map(Self.worst)
        let shown = [.global] + [worst?.member, worst?.model].compactMap { $0?.entity }
        let (since, spark) = try await readers.lend { store in
            let since = try await store.lastLevelChanges(of: shown)
            guard let snapshot else { return (since, [SeriesBucket]()) }
            let end = snapshot.asOf + .milliseconds(1)
            return (
                since,
                try await store.series(of: .global, since: end - .seconds(3600), until: end, bucket: 60_000)
            )
        }
        func standing(_ assessment: Assessment?) -> StandingDocument? {
            guard let assessment, let snapshot else { return nil }
            return StandingDocument(assessment, snapshot, since: since[assessment.entity])
        }
        let members = snapshot?.engine.membersByLevel ?? (users: [:], campaigns: [:])
        return .json(
            OverviewDocument(
                time: call.now.description,
                asOf: snapshot?.asOf.description,
                tickSeconds: snapshot?.configuration.tickLength.inSeconds,
                service: standing(snapshot?.assessment(of: .global)) ?? .unknownService,
                worstEntity: standing(worst?.member),
                worstModel: standing(worst?.model),
                spark: SparkDocument(spark, step: 60),
                slope: snapshot.flatMap { Self.slope(spark, $0) },
                thresholds: ThresholdsDocument(
                    try snapshot?.configuration ?? ScoringConfiguration(configuration)
                ),
                freshness: freshnessDocument(freshness, now: call.now),
                detectors: .init(
                    healthy: report.count { $0.isHealthy },
                    total: report.count
                ),
                calibration: .init(
                    health: health.worst,
                    models: health.models
                ),
                coverage: CoverageDocument(coverage),
                alerts: .init(
                    open: count(.open),
                    acknowledged: count(.acknowledged),
                    next: next.map { AlertDocument($0.snapshot, silences: silences, now: call.now) },
                    load: AlarmLoadDocument(load)
                ),
                levels: .init(
                    users: LevelCountsDocument(members.users),
                    campaigns: LevelCountsDocument(members.campaigns)
                )
            )
        )
    }

    /// The worst user or campaign, and the worst model.
    private static func worst(
        _ snapshot: Standings.Snapshot
    ) -> (member: Assessment?, model: Assessment?) {
        func isLess(_ left: Assessment, _ right: Assessment) -> Bool {
            (left.level ?? .info, left.score, left.evidence)
                < (right.level ?? .info, right.score, right.evidence)
        }
        let members = snapshot.items.filter {
            $0.entity.isMember && ($0.score > 0 || ($0.level ?? .info) > .info)
        }
        let models = snapshot.items.filter { if case .model = $0.entity { true } else { false } }
        return (members.max(by: isLess), models.max(by: isLess))
    }

    /// What the service's score has gained in ten minutes; nil where it is not known what it was.
    private static func slope(_ spark: [SeriesBucket], _ snapshot: Standings.Snapshot) -> Double? {
        let before = snapshot.asOf - .seconds(600)
        guard let old = spark.last(where: { $0.begin + .seconds(60) <= before }) else { return nil }
        return (snapshot.assessment(of: .global).score - old.last).points
    }

    /// Whether what is shown can be trusted.
    func freshnessDocument(_ stored: StoredFreshness?, now: Timestamp) -> FreshnessDocument {
        let state = service.state
        let isDatabaseUp = stored != nil && state.databaseAnswers != false
        var reasons = isDatabaseUp ? [] : ["the database does not answer"]
        reasons += state.staleness
        if let lost = stored?.lost, lost.bytes > 0 {
            let files = lost.sources == 1 ? "a source" : "\(lost.sources) sources"
            reasons.append("\(lost.bytes) bytes of \(files) were lost in the last day; the log names them")
        }
        reasons += state.clockTroubles
        let age = stored?.lastReceived.map { Double(max(0, now.milliseconds - $0.milliseconds)) / 1000 }
        let limit = configuration.api.staleAfter.inSeconds
        if let age {
            if age > limit { reasons.append("no record has come for \(Int(age)) s") }
        } else if stored != nil {
            reasons.append("no record has come yet")
        }
        let lag = stored?.watermark.map { Double(now.milliseconds - $0.milliseconds) / 1000 }
        let isBehind = state.sources?.isCaughtUp == false
        if isBehind, let lag, lag > limit { reasons.append("scoring is \(Int(lag)) s behind the clock") }
        return FreshnessDocument(
            stale: !reasons.isEmpty,
            reasons: reasons,
            lastRecordAt: stored?.watermark?.description,
            lastReceivedAt: stored?.lastReceived?.description,
            signalAgeSeconds: age,
            caughtUp: state.sources?.isCaughtUp,
            lagBytes: state.sources?.lagBytes,
            unreadableSources: state.sources?.unreadable,
            database: isDatabaseUp ? "ok" : "failing"
        )
    }

    /// The health of every model's calibration, and the worst of all.
    func modelHealth(
        _ snapshot: Standings.Snapshot?
    ) async throws -> (worst: String, models: [ModelHealthDocument]) {
        let changes = try await readers.lend { try await $0.calibrationHealth() }
        var models: [ModelID: ModelHealthDocument] = [:]
        var worst = CalibrationHealth.valid
        for change in changes {
            let length = configuration.scoring.tick.wholeMilliseconds
            let since = Timestamp(milliseconds: (change.tick.index + 1) * length)
            models[change.model] = ModelHealthDocument(change, since: since)
            worst = worst.code < change.health.code ? change.health : worst
        }
        for case .model(let model) in snapshot?.items.map(\.entity) ?? [] where models[model] == nil {
            let isCalibrated = snapshot?.engine.calibrations[model] != nil
            models[model] = ModelHealthDocument(unknown: model, isCalibrated: isCalibrated)
            if !isCalibrated { worst = .uncalibrated }
        }
        if models.isEmpty { worst = .uncalibrated }
        return (worst.rawValue, models.sorted { $0.key < $1.key }.map(\.value))
    }
}

extension StandingDocument {
    /// The whole service before anything was scored.
    static var unknownService: StandingDocument { StandingDocument(unknown: .global) }

    private init(unknown entity: Entity) {
        self.entity = entity.description
        kind = entity.kind
        model = nil
        name = entity.title
        score = 0
        level = Level?.none.word
        lane = nil
        evidenceBits = nil
        pinned = nil
        derived = false
        since = nil
        lastSeen = nil
    }
}
