import Domain
import PostgresClient

/// What a batch changes about alerts: how they stand, what happened, what is told, which actions were applied.
struct AlertRows: Sendable {
    static let columns = [
        "id", "subject_kind", "model", "name", "dedup_key", "state", "level", "peak_level", "assignee",
        "verdict", "starts", "ends", "drill", "events", "resolved_by", "watched_score", "snapshot",
    ]
    private var alerts = CopyRows()
    private var events = CopyRows()
    private var notices = CopyRows()
    private var applied = CopyRows()

    init(_ batch: CommitBatch) throws(StorageError) {
        for alert in batch.alerts { try add(alert) }
        for event in batch.alertEvents { add(event) }
        for notice in batch.notices { try add(notice, isSilent: batch.isSilent) }
        for (place, action) in batch.appliedActions.enumerated() {
            add(action, at: place, of: batch.expectedBatch + 1)
        }
    }

    private mutating func add(_ alert: Alert) throws(StorageError) {
        let snapshot = alert.snapshot
        let text = try snapshot.text()
        alerts.append { row in
            row.text(snapshot.id.description)
            row.subject(snapshot.subject)
            row.text(snapshot.dedupKey)
            row.text(snapshot.state.rawValue)
            row.int2(Int16(snapshot.level.rawValue))
            row.int2(Int16(snapshot.peakLevel.rawValue))
            row.optional(snapshot.assignee) { $0.text($1) }
            row.optional(snapshot.verdict) { $0.text($1.rawValue) }
            row.time(snapshot.startsAt)
            row.optional(snapshot.endsAt) { $0.time($1) }
            row.bool(snapshot.isDrill)
            row.int4(alert.events)
            row.optional(alert.resolvedBy) { $0.text($1) }
            row.optional(alert.watchedScore) { $0.int8($1) }
            row.text(text)
        }
    }

    private mutating func add(_ event: AlertEvent) {
        events.append { row in
            row.text(event.alert.description)
            row.int4(event.number)
            row.text(event.kind.rawValue)
            row.time(event.time)
            row.text(event.actor)
            row.optional(event.requestedAt) { $0.time($1) }
            row.int2(Int16(event.level.rawValue))
            row.optional(event.score) { $0.int8($1) }
            row.optional(event.assignee) { $0.text($1) }
            row.optional(event.verdict) { $0.text($1.rawValue) }
            row.text(event.note)
            row.optional(event.action) { $0.int8($1) }
        }
    }

    private mutating func add(_ notice: AlertNotice, isSilent: Bool) throws(StorageError) {
        let text = try notice.snapshot.text()
        notices.append { row in
            row.int8(notice.number)
            row.text(notice.snapshot.id.description)
            row.text(notice.type.rawValue)
            row.optional(notice.event) { $0.text($1.rawValue) }
            row.time(notice.snapshot.updatedAt)
            row.bool(isSilent)
            row.text(text)
        }
    }

    private mutating func add(_ action: AppliedAction, at place: Int, of batch: Int64) {
        applied.append { row in
            row.int8(action.id)
            row.int8(batch)
            row.int4(place)
            row.optional(action.afterTick) { $0.int8($1.index) }
            row.optional(action.intervention) { $0.text($1.rawValue) }
            row.optional(action.entity) { $0.text($1.kind) }
            row.optional(action.entity) { $0.text($1.model?.name ?? "") }
            row.optional(action.entity) { $0.text($1.name) }
            row.optional(action.refusal) { $0.text($1) }
        }
    }

    /// Writes everything; alerts that are known are replaced, through a temporary table.
    func write(_ session: isolated PostgresSession) throws {
        if !alerts.isEmpty {
            try session.execute(
                unsafeSQL: """
                    create temporary table if not exists alert_batch (like riskd.alert) on commit delete rows
                    """
            )
            try session.copy(into: "alert_batch", columns: Self.columns, rows: alerts)
            let names = Self.columns.joined(separator: ", ")
            let changing = Self.columns.dropFirst().map { "\($0) = excluded.\($0)" }
            try session.execute(
                unsafeSQL: """
                    insert into riskd.alert (\(names)) select \(names) from alert_batch
                    on conflict (id) do update set \(changing.joined(separator: ", "))
                    """
            )
        }
        try session.copy(
            into: "riskd.alert_event",
            columns: AlertEvent.columns,
            rows: events
        )
        try session.copy(
            into: "riskd.alert_notice",
            columns: ["number", "alert_id", "type", "event", "time", "silent", "snapshot"],
            rows: notices
        )
        try session.copy(
            into: "riskd.action_applied",
            columns: [
                "action_id", "batch", "place", "after_tick", "intervention", "entity_kind", "model",
                "entity_name", "refusal",
            ],
            rows: applied
        )
    }
}

extension AlertEvent {
    static let columns = [
        "alert_id", "number", "kind", "time", "actor", "requested", "level", "score", "assignee", "verdict",
        "note", "action_id",
    ]

    /// Reads a row of ``columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        let id = try fields.next(String.self)
        let number = try fields.next(Int.self)
        let kind = try fields.next(String.self)
        guard let alert = AlertID(id), let kind = Kind(rawValue: kind) else {
            throw StorageError.corrupt("event \(number) of alert \(id)")
        }
        self.init(
            alert: alert,
            number: number,
            kind: kind,
            time: Timestamp(try fields.next(PostgresTimestamp.self)),
            actor: try fields.next(),
            requestedAt: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
            level: try Level(stored: try fields.next()),
            score: try fields.next(),
            assignee: try fields.next(),
            verdict: try fields.next(String?.self).flatMap(Verdict.init),
            note: try fields.next(),
            action: try fields.next()
        )
    }
}

extension Alert {
    /// The columns that ``init(_:)`` reads.
    static let columns = "snapshot, events, resolved_by, watched_score"

    /// Reads a row of ``columns``.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        self.init(try AlertSnapshot(stored: try fields.next()))
        events = try fields.next()
        resolvedBy = try fields.next()
        watchedScore = try fields.next()
    }
}

extension CopyRow {
    mutating func subject(_ subject: AlertSubject) {
        text(subject.kind)
        text(subject.model?.name ?? "")
        text(subject.name)
    }
}
