import Console
import Domain
import Runtime

extension Command {
    /// `riskctl events`: level changes of the past and, with `-f`, what happens to levels and alerts from now on.
    static let events = Command.asking(
        "events",
        "Level changes, the oldest first; with -f also what becomes of alerts, as it happens",
        discussion: """
            Without --since the newest 100. With -f it goes on until interrupted, over breaks of the connection, and misses nothing.
            """,
        flags: [
            Flag("follow", short: "f", "Go on with what happens"),
            Flag("watch", short: "w", "The same as --follow"), .since, .until,
            Flag("user", value: "USER", "Only this user's", values: .asked(Known.users)),
            Flag("entity", value: "ENTITY", "Only this entity's", values: .asked(Known.entities)), .model,
            .level,
            Flag("count", value: "COUNT", "End after so many events of -f", values: .nothing),
        ] + Flag.paging
    ) { session in try await EventsRun(session).run() }
}

/// One run of `riskctl events`.
private struct EventsRun {
    private let session: Session
    private var invocation: Invocation { session.invocation }

    init(_ session: Session) { self.session = session }

    /// Of level changes and alerts alike.
    private static let listing = Listing(
        path: ["level-changes"],
        fields: [
            .time("time"), .value("event"), .value("subject"), .level("from"), .level("to"), .score(),
            .value("detail", isOptional: true), .number("sample", isOptional: true),
        ],
        growth: .appends(number: "sample")
    )

    func run() async throws {
        let entity = try await subject()
        let level = try invocation.level()
        let most = try invocation.number("count", Int.max, in: 1...Int.max)
        guard invocation.has("follow") || invocation.has("watch") else {
            let (changes, isCut) = try await past(entity)
            var report = Self.listing.report([])
            for event in changes.reversed().map(Self.event) where isWanted(event, entity, level) {
                report.append(Self.listing.row(event), whole: event)
            }
            session.write(report)
            if isCut { session.terminal.note("there are older ones: --limit COUNT, --all or --since TIME") }
            return
        }
        let writer = Shared(RowWriter(Self.listing, on: session.terminal, as: session.format))
        let (seen, count) = (Shared<Int64?>(nil), Shared(0))
        try await EventFeed(client: session.client, note: { session.terminal.note($0) }).forEach { event in
            var told: [JSONValue] = []
            switch event.name {
            // The past is asked for when the stream is open, so that nothing falls between; a change may come twice then.
            case EventFeed.opened where seen.withLock({ $0 == nil }):
                let changes = try await past(entity).changes
                seen.withLock { $0 = changes.first?["sample"].integer ?? 0 }
                writer.withLock {
                    $0.write(changes.reversed().map(Self.event).filter { isWanted($0, entity, level) })
                }
            case "level":
                let sample = event.value["sample"].integer ?? 0
                if sample > seen.withLock({ $0 ?? 0 }) { told = [Self.event(event.value)] }
                seen.withLock { $0 = max($0 ?? 0, sample) }
            case "alert": told = [Self.alert(event.value)]
            case "reset":
                session.terminal.note(
                    "more has happened than is told again: riskctl events --since TIME shows it"
                )
            default: break
            }
            told = told.filter { isWanted($0, entity, level) }
            if !told.isEmpty { writer.withLock { $0.write(told) } }
            let number = told.count
            return count.withLock { count in
                count += number
                return count < most
            }
        }
    }

    /// Level changes, the newest first.
    private func past(_ entity: String?) async throws -> (changes: [JSONValue], isCut: Bool) {
        let hasAll = invocation.has("since") && invocation.value("limit") == nil
        let found = try await session.client.list(
            ["level-changes"],
            ["entity": entity, "since": try session.time("since"), "until": try session.time("until")],
            limit: hasAll ? nil : try session.limit()
        )
        return (found.items, found.isCut)
    }

    private func subject() async throws -> String? {
        let finder = EntityFinder(client: session.client)
        if let user = invocation.value("user") {
            return try await finder.find(user, kind: "user", model: invocation.value("model"))
        }
        guard let entity = invocation.value("entity") else { return nil }
        return try await finder.find(entity, model: invocation.value("model"))
    }

    /// Whether somebody wants to see it: of this entity, reaching this level or leaving it.
    private func isWanted(_ event: JSONValue, _ entity: String?, _ level: String?) -> Bool {
        if let entity, event["subject"].string != entity, !matches(event, entity) { return false }
        if let model = invocation.value("model"), event["model"].string != nil, event["model"].string != model
        {
            return false
        }
        guard let level, let least = LevelText.words.firstIndex(of: level) else { return true }
        return ["from", "to"].contains { key in
            event[key].string.flatMap { LevelText.words.firstIndex(of: $0) }.map { $0 >= least } ?? false
        }
    }

    /// Alerts name their subject in words: `user u-1 on fashion`.
    private func matches(_ event: JSONValue, _ entity: String) -> Bool {
        guard event["event"].string != "level", let entity = Entity(entity) else { return false }
        let words =
            switch entity {
            case .user(let user, let model): "user \(user.name) on \(model.name)"
            case .campaign(let number, let model): "campaign \(number) on \(model.name)"
            case .model(let model): "model \(model.name)"
            case .global: "global"
            }
        return event["subject"].string?.hasPrefix(words) ?? false
    }

    private static func event(_ change: JSONValue) -> JSONValue {
        .object([
            "time": change["time"], "event": "level", "subject": change["entity"], "model": change["model"],
            "from": change["from"], "to": change["to"], "score": change["score"], "sample": change["sample"],
        ])
    }

    private static func alert(_ change: JSONValue) -> JSONValue {
        .object([
            "time": .string(Timestamp.now.description),
            "event": .string("alert \(change["kind"].string ?? "")"),
            "subject": change["subject"], "model": .null, "from": .null, "to": change["level"],
            "score": .null,
            "sample": .null, "detail": change["alert"],
        ])
    }
}
