import Domain
import HTTPAPI
import Scoring
import Storage

extension RequestHandlers {
    func entities(_ call: APICall) async throws -> APIAnswer {
        let kind = try call.choice("kind", of: ["user", "campaign", "model", "global"])
        let model = try call.model()
        let level = try call.level("level")
        let search = try call.text("search").map { $0.lowercased() }
        let sort = try call.choice("sort", of: ["score", "seen", "name"]) ?? "score"
        let limit = try call.limit()
        let order = EntityOrder(sort)
        let after = try call.cursor(of: "entities \(sort)", count: 3).map { key throws(APIFailure) in
            guard let place = EntityOrder.Place(key) else {
                throw .unprocessable("cursor", "is no cursor of this list")
            }
            return place
        }
        guard let snapshot = try await standings.current() else {
            return .json(PageDocument<StandingDocument>(items: []))
        }
        let found = snapshot.items.filter { item in
            let entity = item.entity
            guard kind == nil || entity.kind == kind, model == nil || entity.model == model else {
                return false
            }
            if let level, item.level.map({ $0 < level }) ?? true { return false }
            if let search, !entity.title.lowercased().contains(search) { return false }
            return true
        }
        let places = found.map { (item: $0, place: order.place(of: $0, snapshot)) }
            .sorted { $0.place < $1.place }
            .filter { entry in after.map { $0 < entry.place } ?? true }
        let page = places.prefix(limit)
        let since = try await readers.lend { store in
            try await store.lastLevelChanges(of: page.map(\.item.entity))
        }
        let cursor =
            places.count > limit ? page.last.map { Cursor("entities \(sort)", $0.place.key).text } : nil
        return .json(
            PageDocument(
                asOf: snapshot.asOf.description,
                items: page.map { StandingDocument($0.item, snapshot, since: since[$0.item.entity]) },
                next: cursor
            )
        )
    }

    func entity(_ call: APICall) async throws -> APIAnswer {
        let entity = try call.entity(argument: "entity")
        let snapshot = try await snapshot()
        let isKnown = entity == .global || snapshot.items.contains { $0.entity == entity }
        let stored = try await readers.lend { store in
            let latest = try await store.latestSamples(of: entity, limit: 1).first
            guard isKnown || latest != nil else {
                throw APIFailure.notFound("riskd has never seen \(entity)")
            }
            let end = snapshot.asOf + .milliseconds(1)
            return (
                latest: latest,
                since: try await store.lastLevelChanges(of: [entity])[entity],
                spark: try await store.series(
                    of: entity,
                    since: end - .seconds(86_400),
                    until: end,
                    bucket: 1_800_000
                ),
                alerts: try await store.latestAlerts(about: entity, limit: 10),
                silences: try await store.silences(notOverAt: call.now),
                origin: try await store.calibrationOrigin(latest?.calibrationID)
            )
        }
        let assessment = snapshot.assessment(of: entity)
        return .json(
            EntityDetailDocument(
                asOf: snapshot.asOf.description,
                standing: StandingDocument(assessment, snapshot, since: stored.since),
                thresholds: ThresholdsDocument(snapshot.configuration),
                criticality: entity.model.map { Double(snapshot.configuration.criticality(of: $0)) / 1000 },
                contributions: assessment.contributions.map(ContributionDocument.init),
                lanes: LaneDocument.list(assessment.lanes),
                clears: await clearings(of: entity, snapshot),
                baseline: baseline(of: entity, stored.latest, stored.origin),
                spark: SparkDocument(stored.spark, step: 1800),
                lastSample: stored.latest?.sample.id,
                recentAlerts: stored.alerts.map {
                    AlertDocument($0.snapshot, silences: stored.silences, now: call.now)
                }
            )
        )
    }

    /// When its level falls if nothing more is asked.
    func clearings(of entity: Entity, _ snapshot: Standings.Snapshot) async -> [ClearingDocument] {
        await standings.clearings(of: entity, snapshot).map { ClearingDocument($0, snapshot) }
    }

    private func baseline(
        of entity: Entity,
        _ latest: StoredSample?,
        _ origin: CalibrationOrigin?
    ) -> EntityDetailDocument.Baseline? {
        guard entity.user != nil else { return nil }
        guard let id = latest?.calibrationID else {
            return .init(kind: "none", stratum: nil, calibrationId: nil)
        }
        let kind = origin?.owner != nil ? "own" : origin?.stratum != nil ? "stratum" : "pooled"
        return .init(kind: kind, stratum: origin?.stratum, calibrationId: id)
    }

    /// A bucket's length in milliseconds: whole ticks, and whole minutes or hours where those are whole ticks and no longer
    /// than the bucket must be anyway, as then summaries are read in place of samples.
    static func step(ofAtLeast least: Int64, tick: Int64) -> Int64 {
        let unit = [3_600_000, 60_000].first { $0 <= least && $0 % tick == 0 } ?? tick
        return max(unit, (least + unit - 1) / unit * unit)
    }

    func series(_ call: APICall) async throws -> APIAnswer {
        let entity = try call.entity(argument: "entity")
        let points = try call.integer("points", 2...2000) ?? 300
        let snapshot = try await snapshot()
        let until = try call.time("until") ?? snapshot.asOf + .milliseconds(1)
        let since = try call.time("since") ?? until - .seconds(3600)
        guard since < until else { throw APIFailure.unprocessable("since", "must be before until") }
        let length = until.milliseconds - since.milliseconds
        guard length <= 400 * 86_400_000 else {
            throw APIFailure.unprocessable("since", "must be at most 400 days before until")
        }
        let tick = snapshot.configuration.tickLength.wholeMilliseconds
        // One bucket fewer: the first and the last may be parts only.
        let step = Self.step(ofAtLeast: (length + points - 2) / (points - 1), tick: tick)
        let isKnown = entity == .global || snapshot.items.contains { $0.entity == entity }
        let (buckets, markers) = try await readers.lend { store in
            if !isKnown, try await store.latestSamples(of: entity, limit: 1).isEmpty {
                throw APIFailure.notFound("riskd has never seen \(entity)")
            }
            return (
                try await store.series(of: entity, since: since, until: until, bucket: step),
                try await store.markers(of: entity, since: since, until: until, limit: 200)
            )
        }
        return .json(
            SeriesDocument(
                entity: entity.description,
                since: since.description,
                until: until.description,
                stepSeconds: Double(step) / 1000,
                thresholds: ThresholdsDocument(snapshot.configuration),
                points: buckets.map(SeriesDocument.Point.init),
                markers: markers.suffix(500).map(SeriesDocument.Marker.init)
            )
        )
    }

    func levelChanges(_ call: APICall) async throws -> APIAnswer {
        let entity = try call.entity("entity")
        let list = "levels"
        var bounds = PageBounds(limit: try call.limit())
        (bounds.since, bounds.until) = (try call.time("since"), try call.time("until"))
        bounds.after = try call.number(ofCursor: list)
        let asked = bounds
        let page = try await readers.lend { try await $0.levelChangePage(of: entity, asked) }
        let last = page.count == bounds.limit ? page.last?.change.change.sample : nil
        return .json(
            PageDocument(
                items: page.map { LevelChangeDocument($0.change, score: $0.score) },
                next: last.map { Cursor(list, $0).text }
            )
        )
    }
}
