import Alerting
import Domain

let model = ModelID("fashion")

func user(_ name: String) -> Entity { .user(UserID(name), model: model) }

/// The end of a tick of one second.
func end(_ tick: Int64) -> Timestamp { Timestamp(milliseconds: (tick + 1) * 1000) }

func alertID(_ number: Int) -> AlertID {
    AlertID(ULID(time: Timestamp(milliseconds: Int64(number)), digest: [UInt8](repeating: 0, count: 10)))
}

let context = AlertContext(
    configurationID: "sha256:c",
    calibrationIDs: [model: "sha256:f"],
    criticality: { _ in 1500 },
    bound: { level, _ in
        AlertSnapshot.FalseAlarmBound(perMillionQueries: Double(level.rawValue), calibrationConfidence: 0.99)
    },
    end: { end($0.index) }
)

/// A book with the samples and changes that it was given, numbered like an engine's.
struct Story {
    var book: AlertBook
    private var nextSample: Int64 = 1
    private var nextAction: Int64 = 1

    init(_ policy: AlertPolicy = AlertPolicy(reopenWithin: .seconds(100)), alerts: [Alert] = []) {
        book = AlertBook(policy: policy, context: context, alerts: alerts, nextNotice: 1)
    }

    /// A sample, and with `from` a level change.
    mutating func see(
        _ entity: Entity,
        _ level: Level,
        from: Level? = nil,
        at tick: Int64,
        score: Int64 = 75_000,
        queries: Int = 1,
        isDerived: Bool = false,
        contributions: [Contribution] = [
            Contribution(name: "similarity.user.proximity", milliPoints: 75_000)
        ]
    ) {
        let sample = Sample(
            id: nextSample,
            entity: entity,
            tick: Tick(tick),
            queries: queries,
            score: score,
            level: level,
            lane: isDerived ? nil : .burst,
            lanes: [1, 2, 3, 4],
            evidence: 30 << 20,
            isDerived: isDerived,
            contributions: contributions
        )
        let changes = from.map {
            [LevelChange(sample: nextSample, entity: entity, tick: Tick(tick), from: $0, to: level)]
        }
        nextSample += 1
        book.take([sample], changes ?? [])
    }

    mutating func act(
        _ kind: AlertAction.Kind,
        at tick: Int64 = 0,
        by actor: String = "ada",
        note: String = "",
        stored: [Alert] = []
    ) -> AlertBook.Outcome {
        let action = AlertAction(
            id: nextAction,
            kind: kind,
            actor: actor,
            note: note,
            requestedAt: Timestamp(milliseconds: end(tick).milliseconds + 7)
        )
        nextAction += 1
        return book.apply(action, stored: stored, at: end(tick))
    }

    /// What happened since the last call: kinds in order, the notices' types, and the alerts as they are.
    mutating func changes() -> AlertChanges { book.takeChanges() }
}

extension AlertChanges {
    var kinds: [AlertEvent.Kind] { events.map(\.kind) }
    var types: [MessageType] { notices.map(\.type) }
    var only: Alert? { alerts.count == 1 ? alerts.values.first : nil }
}

/// An alert that is open, for routing.
func makeAlert(
    _ number: Int,
    _ subject: AlertSubject = .entity(user("u")),
    _ level: Level = .high,
    state: AlertState = .open,
    isDerived: Bool = false
) -> AlertSnapshot {
    var alert = AlertSnapshot(
        id: alertID(number),
        subject: subject,
        level: level,
        startsAt: Timestamp(milliseconds: Int64(number))
    )
    alert.state = state
    alert.lane = isDerived || subject.entity == nil ? nil : .burst
    if state == .resolved { alert.endsAt = Timestamp(milliseconds: Int64(number) + 1) }
    return alert
}
