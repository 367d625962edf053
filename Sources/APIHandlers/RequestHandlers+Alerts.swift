import Alerting
import Configuration
import Domain
import HTTPAPI
import Notifying
import Scoring
import Storage

extension RequestHandlers {
    func alerts(_ call: APICall) async throws -> APIAnswer {
        let words = ["open", "acknowledged", "resolved", "unresolved", "all"]
        let state = try call.choice("state", of: words) ?? "unresolved"
        let isQueue = try call.choice("sort", of: ["queue", "newest"]) != "newest"
        var filter = AlertFilter(limit: try call.limit())
        filter.isQueue = isQueue
        switch state {
        case "all": filter.states = nil
        case "unresolved": filter.states = [.open, .acknowledged]
        default: filter.states = AlertState(rawValue: state).map { [$0] }
        }
        filter.minimumLevel = try call.level("level")
        filter.subject = try call.entity("entity").map { .entity($0) }
        filter.model = try call.model()
        filter.assignee = try call.text("assignee")
        filter.isUnjudged = try call.flag("unjudged")
        (filter.since, filter.until) = (try call.time("since"), try call.time("until"))
        let list = isQueue ? "queue" : "alerts"
        if let key = try call.cursor(of: list, count: 3) {
            guard let rank = Int(key[0]), let level = Int(key[1]).flatMap(Level.init(rawValue:)),
                let id = AlertID(key[2])
            else { throw APIFailure.unprocessable("cursor", "is no cursor of this list") }
            filter.after = AlertPlace(rank: rank, level: level, id: id)
        }
        let asked = filter
        let (found, silences) = try await readers.lend { store in
            (try await store.alerts(asked), try await store.silences(notOverAt: call.now))
        }
        let last = found.count == filter.limit ? found.last.map { AlertPlace($0.snapshot) } : nil
        return .json(
            PageDocument(
                items: found.map { AlertDocument($0.snapshot, silences: silences, now: call.now) },
                next: last.map {
                    Cursor(list, [String($0.rank), String($0.level.rawValue), $0.id.description]).text
                }
            )
        )
    }

    private static func alert(_ id: AlertID, _ store: Store) async throws -> AlertSnapshot {
        guard let alert = try await store.alert(id) else {
            throw APIFailure.notFound("there is no alert \(id)")
        }
        return alert.snapshot
    }

    func alert(_ call: APICall) async throws -> APIAnswer {
        let id = try call.alert(argument: "alert")
        let snapshot = try await standings.current()
        let (alert, events, silences, since) = try await readers.lend { store in
            let alert = try await Self.alert(id, store)
            let entity = alert.subject.entity
            return (
                alert, try await store.alertEvents(of: id), try await store.silences(notOverAt: call.now),
                try await store.lastLevelChanges(of: entity.map { [$0] } ?? [])
            )
        }
        let entity = alert.subject.entity
        let standing = snapshot.flatMap { snapshot in
            entity.map { StandingDocument(snapshot.assessment(of: $0), snapshot, since: since[$0]) }
        }
        var clears: [ClearingDocument] = []
        if let snapshot, let entity { clears = await clearings(of: entity, snapshot) }
        return .json(
            AlertDetailDocument(
                alert: AlertDocument(alert, silences: silences, now: call.now),
                sample: alert.sampleID,
                evidenceBits: alert.evidence.bits,
                impactWeight: Double(alert.impactWeight) / 1000,
                pinned: alert.isPinned,
                contributions: alert.contributions.map(ContributionDocument.init),
                falseAlarmBound: alert.falseAlarmBound.map {
                    .init(
                        perMillionQueries: $0.perMillionQueries,
                        calibrationConfidence: $0.calibrationConfidence
                    )
                },
                techniques: alert.techniques.map { .init(id: $0, name: Techniques.name(of: $0)) },
                labels: LabelsDocument(labels: alert.labels),
                standing: standing,
                clears: clears,
                silences: silences.filter { $0.isActive(at: call.now) && $0.matches(alert) }
                    .map { SilenceDocument($0, now: call.now) },
                events: events.map(AlertEventDocument.init),
                configId: alert.configurationID,
                calibrationId: alert.calibrationID
            )
        )
    }

    func alertChain(_ call: APICall) async throws -> APIAnswer {
        let id = try call.alert(argument: "alert")
        let (limit, after) = (try call.limit(), try call.number(ofCursor: "chain"))
        let length = configuration.scoring.tick.wholeMilliseconds
        return try await readers.lend { store in
            let alert = try await Self.alert(id, store)
            guard let entity = alert.subject.entity else {
                return .json(PageDocument<ChainStepDocument>(items: []))
            }
            guard entity.isMember else {
                return .json(
                    PageDocument<ChainStepDocument>(
                        items: [],
                        derivedFrom: alert.contributions.map(ContributionDocument.init)
                    )
                )
            }
            let first = (alert.startsAt - .seconds(3600)).milliseconds.floorDivided(by: length)
            let last = alert.endsAt.map { $0.milliseconds.floorDivided(by: length) } ?? .max
            let ticks = first...max(first, last)
            return .json(try await Self.chain(of: entity, ticks, after: after, limit, store))
        }
    }

    func alertDeliveries(_ call: APICall) async throws -> APIAnswer {
        let id = try call.alert(argument: "alert")
        let messages = try await readers.lend { store in
            _ = try await Self.alert(id, store)
            return try await store.outbox(telling: id, limit: 1000)
        }
        return .json(PageDocument(items: messages.map(DeliveryDocument.init)))
    }

    func actOnAlert(_ call: APICall) async throws -> APIAnswer {
        let id = try call.alert(argument: "alert")
        let body = try call.body()
        try body.allow(only: "kind", "note", "assignee", "verdict")
        let kind = try Self.action(try body.required("kind", length: 1...32), on: id, body)
        if case .confirm = kind, !call.may(.lead) {
            throw APIFailure.forbidden("confirming an attack needs the role responder")
        }
        let note = try body.text("note", length: 0...4096) ?? ""
        if case .note = kind, note.isEmpty { throw APIFailure.unprocessable("note", "is required") }
        _ = try await readers.lend { try await Self.alert(id, $0) }
        let (action, outcome) = try await writers.lend { store in
            let action = try await store.request(kind, by: call.actor, note: note, at: call.now)
            // The pipeline does it; what it has not done soon is told later.
            let end = ContinuousClock.now + .seconds(3)
            while true {
                let outcome = try await store.outcome(ofAction: action)
                if outcome != nil || ContinuousClock.now >= end { return (action, outcome) }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        let document = AlertActionDocument(action, outcome)
        return outcome == nil ? .accepted(document) : .json(document)
    }

    private static func action(
        _ word: String,
        on id: AlertID,
        _ body: RequestBody
    ) throws(APIFailure) -> AlertAction.Kind {
        let assignee = try body.text("assignee", length: 1...256)
        let verdict = try body.text("verdict", length: 1...16)
        guard word == "assign" || assignee == nil else {
            throw .unprocessable("assignee", "belongs to assign")
        }
        guard word == "resolve" || verdict == nil else {
            throw .unprocessable("verdict", "belongs to resolve")
        }
        switch word {
        case "acknowledge": return .acknowledge(id)
        case "assign": return .assign(id, to: assignee)
        case "note": return .note(id)
        case "confirm": return .confirm(id)
        case "reopen": return .reopen(id)
        case "resolve":
            guard let verdict else { throw .unprocessable("verdict", "is required") }
            guard let verdict = Verdict(rawValue: verdict) else {
                throw .invalid("verdict", "must be attack, benign, test or unknown")
            }
            return .resolve(id, verdict)
        default:
            throw .invalid("kind", "must be acknowledge, assign, note, confirm, resolve or reopen")
        }
    }
}
