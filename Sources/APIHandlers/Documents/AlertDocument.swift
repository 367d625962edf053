import Alerting
import Domain
import HTTPAPI
import Storage

struct AlertDocument: Encodable, Sendable {
    struct Subject: Encodable, Sendable {
        let kind: String
        let name: String
        let model: String?
        let entity: String?

        init(_ subject: AlertSubject) {
            kind = subject.kind
            name = subject.id
            model = subject.model?.name
            entity = subject.entity?.description
        }
    }

    let alert: String
    let state: String
    let level: String
    let peakLevel: String
    let score: Double?
    let subject: Subject
    let key: String
    let lane: String?
    let assignee: String?
    let verdict: String?
    let detail: String?
    let startedAt: String
    let updatedAt: String
    let endedAt: String?
    let drill: Bool
    let silenced: Bool

    init(_ alert: AlertSnapshot, silences: [Silence], now: Timestamp) {
        self.alert = alert.id.description
        state = alert.state.rawValue
        level = alert.level.description
        peakLevel = alert.peakLevel.description
        score = alert.score?.points
        subject = Subject(alert.subject)
        key = alert.dedupKey
        lane = alert.lane?.description
        assignee = alert.assignee
        verdict = alert.verdict?.rawValue
        detail = alert.detail.isEmpty ? nil : alert.detail
        startedAt = alert.startsAt.description
        updatedAt = alert.updatedAt.description
        endedAt = alert.endsAt?.description
        drill = alert.isDrill
        silenced = silences.contains { $0.isActive(at: now) && $0.matches(alert) }
    }
}

struct AlertDetailDocument: Encodable, Sendable {
    struct Bound: Encodable, Sendable {
        let perMillionQueries: Double
        let calibrationConfidence: Double
    }

    struct Technique: Encodable, Sendable {
        let id: String
        let name: String?
    }

    let alert: AlertDocument
    let sample: Int64?
    let evidenceBits: Double
    let impactWeight: Double
    let pinned: Bool
    let contributions: [ContributionDocument]
    let falseAlarmBound: Bound?
    let techniques: [Technique]
    let labels: LabelsDocument
    let standing: StandingDocument?
    let clears: [ClearingDocument]
    let silences: [SilenceDocument]
    let events: [AlertEventDocument]
    let configId: String?
    let calibrationId: String?
}

/// Labels by name; the encoder's key strategy leaves the keys of dictionaries alone.
struct LabelsDocument: Encodable, Sendable {
    let labels: [AlertLabel]

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first })
    }
}

struct AlertEventDocument: Encodable, Sendable {
    let number: Int
    let kind: String
    let time: String
    let actor: String
    let requestedAt: String?
    let level: String
    let score: Double?
    let assignee: String?
    let verdict: String?
    let note: String?

    init(_ event: AlertEvent) {
        number = event.number
        kind = event.kind.rawValue
        time = event.time.description
        actor = event.actor
        requestedAt = event.requestedAt?.description
        level = event.level.description
        score = event.score?.points
        assignee = event.assignee
        verdict = event.verdict?.rawValue
        note = event.note.isEmpty ? nil : event.note
    }
}

struct AlertActionDocument: Encodable, Sendable {
    let action: Int64
    let applied: Bool
    let refusal: String?
    let effect: String?

    init(_ action: Int64, _ outcome: AppliedAction?) {
        self.action = action
        applied = outcome != nil && outcome?.refusal == nil
        refusal = outcome?.refusal
        effect = outcome?.intervention?.rawValue
    }
}

struct SilenceDocument: Encodable, Sendable {
    let silence: Int64
    let matchers: [String]
    let startsAt: String
    let endsAt: String
    let creator: String
    let comment: String
    let active: Bool

    init(_ silence: Silence, now: Timestamp) {
        self.silence = silence.id
        matchers = silence.matchers.map(\.description)
        startsAt = silence.startsAt.description
        endsAt = silence.endsAt.description
        creator = silence.creator
        comment = silence.comment
        active = silence.isActive(at: now)
    }
}

struct SilencePreviewDocument: Encodable, Sendable {
    let days: Int
    let hiddenAlerts: Int
    let allAlerts: Int
    let hiddenMessages: Int
    let allMessages: Int
    let alerts: [AlertDocument]
}
