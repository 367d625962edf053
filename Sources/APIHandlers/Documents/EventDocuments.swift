import Domain
import Scoring

struct TickDocument: Encodable, Sendable {
    struct Service: Encodable, Sendable {
        let score: Double
        let level: String
    }

    let time: String
    let asOf: String?
    let signalAgeSeconds: Double?
    let stale: Bool
    let reasons: [String]
    let blind: [String]
    let service: Service
    let openAlerts: Int

    init(
        _ snapshot: Standings.Snapshot?,
        _ freshness: FreshnessDocument,
        blind: [String],
        openAlerts: Int,
        now: Timestamp
    ) {
        time = now.description
        asOf = snapshot?.asOf.description
        signalAgeSeconds = freshness.signalAgeSeconds
        stale = freshness.stale
        reasons = freshness.reasons
        self.blind = blind
        let assessment = snapshot?.assessment(of: .global)
        service = Service(score: assessment?.score.points ?? 0, level: (assessment?.level).word)
        self.openAlerts = openAlerts
    }
}

struct AlertChangeDocument: Encodable, Sendable {
    let alert: String
    let kind: String
    let state: String
    let level: String
    let subject: String

    init(_ alert: AlertSnapshot, _ kind: AlertEvent.Kind) {
        self.alert = alert.id.description
        self.kind = kind.rawValue
        state = alert.state.rawValue
        level = alert.level.description
        let model = alert.subject.model.map { " on \($0)" } ?? ""
        subject = "\(alert.subject.kind) \(alert.subject.id)\(model)"
    }
}

struct ChangeDocument: Encodable, Sendable {
    var name: String?
}
