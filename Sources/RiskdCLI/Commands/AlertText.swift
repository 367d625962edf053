import Alerting
import Domain
import Runtime

/// An alert in the words of tables.
struct AlertText {
    private let alert: AlertSnapshot

    init(_ alert: AlertSnapshot) { self.alert = alert }

    /// A row of `riskd alert list`.
    func row(silences: [Silence], now: Timestamp) -> [JSONValue] {
        let silence = silences.first { $0.isActive(at: now) && $0.matches(alert) }
        let model = alert.subject.model?.name
        return [
            .string(alert.id.description), .string(alert.state.rawValue), .string(level),
            optional(alert.score.map(points)), .string("\(alert.subject.kind) \(alert.subject.id)"),
            optional(model), .string(alert.startsAt.description), optional(alert.endsAt?.description),
            optional(alert.assignee), optional(alert.verdict?.rawValue),
            optional(silence.map { "by silence \($0.id)" }), .string(reason),
        ]
    }

    /// The level, and whether people hold it there.
    var level: String { "\(alert.level)\(alert.isPinned ? " (pinned)" : "")" }

    /// What raises the score most, or what happened.
    var reason: String {
        guard alert.detail.isEmpty else { return alert.detail }
        return alert.contributions.filter { $0.milliPoints > 0 }.prefix(2)
            .map { "\($0.name) \(points($0.milliPoints))" }.joined(separator: ", ")
    }
}
