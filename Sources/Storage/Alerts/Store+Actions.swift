package import Domain
import PostgresClient

/// An action that waits to be applied, with the alerts that it depends on.
package struct PendingAction: Hashable, Sendable {
    package let action: AlertAction
    /// Its alert, and the newest one of the same subject, as they are stored.
    package let alerts: [Alert]
}

/// What an action did to a track, and after which tick.
package struct StoredIntervention: Hashable, Sendable {
    /// The last tick before it.
    package let afterTick: Tick
    /// What was done.
    package let intervention: Intervention
    /// To whose track.
    package let entity: Entity
}

extension Store {
    private static let actionColumns = """
        id, kind, alert_id, subject_kind, subject_model, subject_name, level, detail, verdict, assignee, actor, \
        note, requested
        """

    /// Asks for something to be done to alerts; the writer of the database does it.
    ///
    /// - Parameters:
    ///   - kind: what.
    ///   - actor: who wants it.
    ///   - note: a remark.
    ///   - time: the wall clock.
    /// - Returns: the action's id.
    /// - Throws: `StorageError.database`.
    package func request(
        _ kind: AlertAction.Kind,
        by actor: String,
        note: String = "",
        at time: Timestamp
    ) async throws(StorageError) -> Int64 {
        try await storing {
            try await session.perform { try Self.request($0, kind, by: actor, note: note, at: time) }
        }
    }

    static func request(
        _ session: isolated PostgresSession,
        _ kind: AlertAction.Kind,
        by actor: String,
        note: String,
        at time: Timestamp
    ) throws -> Int64 {
        let row = ActionRow(kind)
        let rows = try session.query(
            """
            insert into riskd.action (kind, alert_id, subject_kind, subject_model, subject_name, level, detail,
                verdict, assignee, actor, note, requested)
            values (\(row.kind), \(row.alert), \(row.subject?.kind),
                \(row.subject.map { $0.model?.name ?? "" }), \(row.subject?.name), \(row.level), \(row.detail),
                \(row.verdict), \(row.assignee), \(actor), \(note), \(time.postgres))
            returning id
            """
        )
        guard let id = try rows.first?.only(Int64.self) else { throw StorageError.corrupt("no action id") }
        return id
    }

    /// Actions that nobody has applied yet, in order.
    ///
    /// - Parameter limit: how many at most.
    /// - Returns: the actions.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func pendingActions(limit: Int = 1000) async throws(StorageError) -> [PendingAction] {
        try await storing {
            let actions = try await session.query(
                """
                select \(unsafeSQL: Self.actionColumns) from riskd.action
                where not exists (select from riskd.action_applied where action_id = action.id)
                order by id limit \(limit)
                """
            ).map(AlertAction.init)
            guard !actions.isEmpty else { return [] }
            let ids = Set(actions.compactMap(\.alert)).map(\.description).sorted()
            let alerts = try await session.query(
                """
                select \(unsafeSQL: Alert.columns) from riskd.alert
                where id = any(\(ids)) or id in (
                    select max(other.id) from riskd.alert asked
                    join riskd.alert other using (subject_kind, model, name)
                    where asked.id = any(\(ids)) group by subject_kind, model, name)
                """
            ).map(Alert.init)
            return actions.map { action in
                let subject = alerts.first { $0.snapshot.id == action.alert }?.snapshot.subject
                return PendingAction(
                    action: action,
                    alerts: alerts.filter { $0.snapshot.subject == subject }
                )
            }
        }
    }

    /// What became of an action.
    ///
    /// - Parameter id: which.
    /// - Returns: its outcome; nil while it waits.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func outcome(ofAction id: Int64) async throws(StorageError) -> AppliedAction? {
        try await storing {
            try await session.query(
                """
                select action_id, after_tick, intervention, entity_kind, model, entity_name, refusal
                from riskd.action_applied where action_id = \(id)
                """
            ).first.map { row in
                var fields = row.fields
                let id = try fields.next(Int64.self)
                let tick = try fields.next(Int64?.self).map(Tick.init)
                let intervention = try fields.next(String?.self).flatMap(Intervention.init)
                let entity = intervention == nil ? nil : try Entity.read(&fields)
                if intervention == nil { for _ in 0..<3 { _ = try fields.next(String?.self) } }
                return AppliedAction(
                    id: id,
                    afterTick: tick,
                    intervention: intervention,
                    entity: entity,
                    refusal: try fields.next()
                )
            }
        }
    }

    /// Everything that people did to tracks, in order.
    ///
    /// - Returns: the interventions; those before the first tick did nothing and are left out.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func interventions() async throws(StorageError) -> [StoredIntervention] {
        try await storing {
            try await session.query(
                """
                select after_tick, intervention, entity_kind, model, entity_name from riskd.action_applied
                where intervention is not null and after_tick is not null order by batch, place
                """
            ).map { row in
                var fields = row.fields
                let tick = Tick(try fields.next())
                let word = try fields.next(String.self)
                guard let intervention = Intervention(rawValue: word) else {
                    throw StorageError.corrupt(word)
                }
                return StoredIntervention(
                    afterTick: tick,
                    intervention: intervention,
                    entity: try Entity.read(&fields)
                )
            }
        }
    }
}

/// An action, taken apart into columns.
private struct ActionRow {
    let kind: String
    var alert: String?
    var subject: AlertSubject?
    var level: Int?
    var detail: String?
    var verdict: String?
    var assignee: String?

    init(_ action: AlertAction.Kind) {
        switch action {
        case .acknowledge(let id): (kind, alert) = ("acknowledge", id.description)
        case .assign(let id, let assignee):
            (kind, alert, self.assignee) = ("assign", id.description, assignee)
        case .note(let id): (kind, alert) = ("note", id.description)
        case .confirm(let id): (kind, alert) = ("confirm", id.description)
        case .resolve(let id, let verdict):
            (kind, alert, self.verdict) = ("resolve", id.description, verdict.rawValue)
        case .reopen(let id): (kind, alert) = ("reopen", id.description)
        case .raise(let subject, let level, let detail):
            (kind, self.subject, self.level, self.detail) = ("raise", subject, level.rawValue, detail)
        case .clear(let subject): (kind, self.subject) = ("clear", subject)
        }
    }
}

extension AlertAction {
    /// Reads a row of `actionColumns`.
    fileprivate init(_ row: PostgresRow) throws {
        var fields = row.fields
        let id = try fields.next(Int64.self)
        let kind = try fields.next(String.self)
        let alert = try fields.next(String?.self).flatMap(AlertID.init)
        let subjectKind = try fields.next(String?.self)
        let model = try fields.next(String?.self)
        let name = try fields.next(String?.self)
        let level = try fields.next(Int?.self).map { try Level(stored: $0) }
        let detail = try fields.next(String?.self)
        let verdict = try fields.next(String?.self).flatMap(Verdict.init)
        let assignee = try fields.next(String?.self)
        let subject = subjectKind.flatMap { AlertSubject(kind: $0, model: model ?? "", name: name ?? "") }
        let read: Kind? =
            switch (kind, alert, subject) {
            case ("acknowledge", let alert?, _): .acknowledge(alert)
            case ("assign", let alert?, _): .assign(alert, to: assignee)
            case ("note", let alert?, _): .note(alert)
            case ("confirm", let alert?, _): .confirm(alert)
            case ("resolve", let alert?, _): verdict.map { .resolve(alert, $0) }
            case ("reopen", let alert?, _): .reopen(alert)
            case ("raise", _, let subject?): level.map { .raise(subject, $0, detail: detail ?? "") }
            case ("clear", _, let subject?): .clear(subject)
            default: nil
            }
        guard let read else { throw StorageError.corrupt("action \(id)") }
        self.init(
            id: id,
            kind: read,
            actor: try fields.next(),
            note: try fields.next(),
            requestedAt: Timestamp(try fields.next(PostgresTimestamp.self))
        )
    }
}
