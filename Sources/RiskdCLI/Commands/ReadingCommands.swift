import APIHandlers
import Configuration
import Console
import Domain
import Pipeline
import Runtime
import Scoring
import Storage

extension Command {
    /// `riskd risk`: levels now.
    static let risk = Command(
        "risk",
        "Show the risk levels now: the service, every model, and the users and campaigns above info",
        discussion: """
            Scores fade between queries: they are computed for this moment by the stored tracks, or with --stored for \
            the last closed tick, which is what a replayed log wants.
            """,
        flags: [
            .config, .set, OutputFormat.flag,
            Flag("stored", "As of the last closed tick instead of now"),
            Flag("all", "Users and campaigns at level info too"),
        ]
    ) { invocation in
        try await invocation.withStore { store, configuration in
            let state = try await store.loadState()
            guard let epoch = state.epochs.last, let closed = state.lastClosedTick else {
                invocation.terminal.note("nothing has been scored yet")
                return
            }
            let engine = try await Restoration.past(store, epoch: epoch).engine
            let now = engine.configuration.tick(of: .now)
            let tick = invocation.has("stored") ? closed : max(closed, now)
            var report = Report([
                .init("entity"), .init("level"), .init("score", isNumeric: true), .init("lane"),
                .init("evidence_bits", isNumeric: true), .init("derived"), .init("pinned"), .init("why"),
            ])
            var items = engine.levels(at: tick)
            // Models without a calibration have no tracks; they are shown all the same, as uncalibrated.
            for window in try await store.historyWindows()
            where !items.contains(where: { $0.entity == .model(window.model) }) {
                items.append(engine.level(of: .model(window.model), at: tick))
            }
            for item in items.sorted(by: isMoreUrgent) {
                let isCalmMember = item.entity.isMember && (item.level ?? .info) == .info
                guard !isCalmMember || invocation.has("all") else { continue }
                report.append([
                    .string(item.entity.description), .string(word(item.level)), .number(points(item.score)),
                    item.lane.map { .string($0.description) } ?? .null,
                    .number((Double(item.evidence) / 1_048_576 * 1000).rounded() / 1000),
                    .bool(item.isDerived), item.pinned.map { .string($0.description) } ?? .null,
                    .string(largestParts(item.contributions)),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            for change in try await store.calibrationHealth() where change.health != .valid {
                invocation.terminal.note(
                    "\(change.model): calibration \(change.health.rawValue): \(change.explanation)"
                )
            }
            for reason in try await CoverageReport(store, configuration.coverage).reasons {
                invocation.terminal.note("not trustworthy: \(reason)")
            }
            let time = engine.configuration.end(of: tick)
            if invocation.format == .table { invocation.terminal.note("as of \(time), tick \(tick)") }
        }
        return .ok
    }

    /// `riskd history`: an entity's samples.
    static let history = Command(
        "history",
        "Show an entity's risk over time",
        arguments: [
            Argument(
                "ENTITY",
                "user:MODEL/USER, campaign:MODEL/NUMBER, model:MODEL, global, or a user's name"
            )
        ],
        flags: [
            .config, .set, .since, .until, OutputFormat.flag,
            Flag("limit", value: "COUNT", "At most COUNT samples; 1000 unless given"),
        ]
    ) { invocation in
        let (since, until) = try invocation.period()
        guard let limit = Int(invocation.value("limit") ?? "1000"), (1...1_000_000).contains(limit) else {
            throw UsageError("--limit must be between 1 and 1000000")
        }
        return try await invocation.withStore { store, _ in
            let entity = try await store.entity(named: invocation.arguments[0])
            let samples = try await store.samples(of: entity, since: since, until: until, limit: limit + 1)
            var report = Report([
                .init("time"), .init("sample", isNumeric: true), .init("queries", isNumeric: true),
                .init("level"), .init("score", isNumeric: true), .init("lane"), .init("derived"),
                .init("why"),
            ])
            for stored in samples.prefix(limit) {
                let sample = stored.sample
                report.append([
                    .string(stored.time.description), .integer(sample.id), .integer(Int64(sample.queries)),
                    .string(word(sample.level)), .number(points(sample.score)),
                    sample.lane.map { .string($0.description) } ?? .null, .bool(sample.isDerived),
                    .string(largestParts(sample.contributions)),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            if samples.count > limit {
                invocation.terminal.note("there are more: raise --limit, or begin with --since")
            }
            if samples.isEmpty { invocation.terminal.note("\(entity) has no samples in this period") }
            return .ok
        }
    }
}

/// Higher levels first, then higher scores, then by entity.
private func isMoreUrgent(_ left: Assessment, _ right: Assessment) -> Bool {
    let keys = [left, right].map { ($0.level?.rawValue ?? -1, $0.score) }
    return keys[0] == keys[1] ? left.entity < right.entity : keys[0] > keys[1]
}

/// The largest parts of a score, in words.
private func largestParts(_ contributions: [Contribution]) -> String {
    contributions.filter { $0.milliPoints > 0 }.prefix(2)
        .map { "\($0.name) \(points($0.milliPoints))" }.joined(separator: ", ")
}

extension Store {
    /// The entity that somebody typed: its full form, or a user's name that only one model has.
    func entity(named text: String) async throws -> Entity {
        if let entity = Entity(text) { return entity }
        let candidates = try await entities(ofUser: text)
        if let only = candidates.first, candidates.count == 1 { return only }
        guard candidates.isEmpty else {
            let names = candidates.map(\.description).joined(separator: ", ")
            throw UsageError("the user '\(text)' is known to several models: \(names)")
        }
        throw UsageError(
            """
            '\(text)' is no entity: expected user:MODEL/USER, campaign:MODEL/NUMBER, model:MODEL, global or a user's name
            """
        )
    }
}
