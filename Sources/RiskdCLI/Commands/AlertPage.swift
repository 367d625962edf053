import Console
import Domain
import Runtime
import Storage

/// All that is known of one alert.
struct AlertPage {
    let alert: Alert
    let events: [AlertEvent]
    let messages: [OutboxEntry]
    let silences: [Silence]

    private var snapshot: AlertSnapshot { alert.snapshot }
    private var text: AlertText { AlertText(snapshot) }

    func write(to terminal: Terminal) {
        let score = snapshot.score.map { " \(points($0))" } ?? ""
        terminal.writeLine("alert \(snapshot.id): \(text.level)\(score), \(snapshot.state.rawValue)")
        let model = snapshot.subject.model.map { " on \($0)" } ?? ""
        terminal.writeLine("\(snapshot.subject.kind) \(snapshot.subject.id)\(model)")
        terminal.writeLine("since \(snapshot.startsAt)\(snapshot.endsAt.map { ", until \($0)" } ?? "")")
        if let assignee = snapshot.assignee { terminal.writeLine("looked after by \(assignee)") }
        if let verdict = snapshot.verdict { terminal.writeLine("found to be \(verdict.rawValue)") }
        if !snapshot.detail.isEmpty { terminal.writeLine(snapshot.detail) }
        if let lane = snapshot.lane { terminal.writeLine("lane \(lane), \(bits) bits of evidence") }
        if let bound = snapshot.falseAlarmBound {
            terminal.writeLine(
                """
                at most \(bound.perMillionQueries) such alarms in a million queries of ordinary traffic, with confidence \
                \(bound.calibrationConfidence)
                """
            )
        }
        if !snapshot.techniques.isEmpty {
            terminal.writeLine("ATLAS \(snapshot.techniques.joined(separator: ", "))")
        }
        if let sample = snapshot.sampleID { terminal.writeLine("sample \(sample): riskd explain \(sample)") }
        terminal.writeLine("key \(snapshot.dedupKey)")
        if alert.watchedScore != nil { terminal.writeLine("closed, and its evidence is watched") }
        for silence in silences {
            terminal.writeLine("silenced until \(silence.endsAt) by \(silence.creator): \(silence.comment)")
        }
        if !snapshot.contributions.isEmpty { section(terminal, parts) }
        section(terminal, history)
        if !messages.isEmpty { section(terminal, told) }
    }

    private func section(_ terminal: Terminal, _ report: Report) {
        terminal.write("\n")
        report.write(to: terminal, as: .table)
    }

    private var bits: Double { (Double(snapshot.evidence) / 1_048_576 * 1000).rounded() / 1000 }

    private var parts: Report {
        var report = Report([.init("part"), .init("points", isNumeric: true)])
        for part in snapshot.contributions {
            report.append([.string(part.name), .number(points(part.milliPoints))])
        }
        return report
    }

    private var history: Report {
        var report = Report([
            .init("time"), .init("event"), .init("by"), .init("requested"), .init("level"),
            .init("score", isNumeric: true), .init("verdict"), .init("assignee"), .init("note"),
        ])
        for event in events {
            report.append([
                .string(event.time.description), .string(event.kind.rawValue), .string(event.actor),
                optional(event.requestedAt?.description),
                .string(event.level.description), optional(event.score.map(points)),
                optional(event.verdict?.rawValue), optional(event.assignee), .string(event.note),
            ])
        }
        return report
    }

    private var told: Report {
        var report = Report([
            .init("told"), .init("message"), .init("type"), .init("reason"), .init("put_in"), .init("state"),
            .init("attempts", isNumeric: true),
        ])
        for message in messages {
            report.append([
                .string(message.endpoint), .string(message.message.id.description),
                .string(message.message.type.rawValue), .string(message.message.reason.rawValue),
                .string(message.created.description), .string(message.state),
                .integer(Int64(message.attempts)),
            ])
        }
        return report
    }

    var json: JSONValue {
        let verdict = snapshot.verdict?.rawValue
        let parts = snapshot.contributions.map { part -> JSONValue in
            .object(["name": .string(part.name), "milli": .integer(part.milliPoints)])
        }
        var members: [JSONValue.Member] = []
        func add(_ key: String, _ value: JSONValue) { members.append(.init(key, value)) }
        func add(_ key: String, text: String?) {
            add(key, text.map { JSONValue.string($0) } ?? JSONValue.null)
        }
        func add(_ key: String, integer: Int64?) {
            add(key, integer.map { JSONValue.integer($0) } ?? JSONValue.null)
        }
        func add(_ key: String, number: Double?) {
            add(key, number.map { JSONValue.number($0) } ?? JSONValue.null)
        }
        add("id", text: snapshot.id.description)
        add("dedup_key", text: snapshot.dedupKey)
        add("state", text: snapshot.state.rawValue)
        add("subject_kind", text: snapshot.subject.kind)
        add("subject", text: snapshot.subject.id)
        add("model", text: snapshot.subject.model?.name)
        add("level", text: snapshot.level.description)
        add("previous_level", text: snapshot.previousLevel.description)
        add("peak_level", text: snapshot.peakLevel.description)
        add("pinned", JSONValue.bool(snapshot.isPinned))
        add("score_milli", integer: snapshot.score)
        add("lane", text: snapshot.lane?.description)
        add("evidence", integer: snapshot.evidence)
        add("false_alarms_per_million_queries", number: snapshot.falseAlarmBound?.perMillionQueries)
        add("calibration_confidence", number: snapshot.falseAlarmBound?.calibrationConfidence)
        add("techniques", JSONValue.array(snapshot.techniques.map { JSONValue.string($0) }))
        add("detail", text: snapshot.detail)
        add("assignee", text: snapshot.assignee)
        add("verdict", text: verdict)
        add("resolved_by", text: alert.resolvedBy)
        add("starts_at", text: snapshot.startsAt.description)
        add("ends_at", text: snapshot.endsAt?.description)
        add("sample", integer: snapshot.sampleID)
        add("config_id", text: snapshot.configurationID)
        add("calibration_id", text: snapshot.calibrationID)
        add("drill", JSONValue.bool(snapshot.isDrill))
        add("silenced_by", JSONValue.array(silences.map { JSONValue.integer($0.id) }))
        add("contributions", JSONValue.array(parts))
        add("events", JSONValue.array(history.objects))
        add("messages", JSONValue.array(told.objects))
        return .object(members)
    }
}

/// Text, or nothing.
func optional(_ text: String?) -> JSONValue {
    guard let text else { return .null }
    return .string(text)
}

/// A number, or nothing.
func optional(_ number: Double?) -> JSONValue {
    guard let number else { return .null }
    return .number(number)
}
