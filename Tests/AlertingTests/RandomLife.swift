import Alerting
import Domain

struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What a message says, for comparison.
struct Told: Hashable, CustomStringConvertible {
    let second: Int64
    let type: MessageType
    let reason: Message.Reason
    let alerts: [AlertID]

    var description: String { "\(second)s \(type.rawValue) (\(reason.rawValue)) \(alerts.count)" }
}

/// A random endpoint, and a few alerts that open, rise, are acknowledged and resolve.
struct RandomLife {
    struct Step {
        let second: Int64
        let event: AlertEvent.Kind
        let alert: AlertSnapshot
    }

    let endpoint: Endpoint
    let steps: [Step]
    let silence: Silence
    let restarts: Set<Int64>
    static let seconds: Int64 = 400

    init(_ random: inout Generator) {
        var endpoint = Endpoint(name: "e", format: .native, target: .url("https://e"))
        endpoint.sendsResolved = Bool.random(using: &random)
        endpoint.grouping = Endpoint.Grouping(
            labels: [nil, [], ["model"]].randomElement(using: &random) ?? nil,
            wait: .seconds(Int64.random(in: 0...20, using: &random)),
            interval: .seconds(Int64.random(in: 5...40, using: &random)),
            repeat: .seconds(Int64.random(in: 20...120, using: &random))
        )
        self.endpoint = endpoint
        let start = Int64.random(in: 0...200, using: &random)
        silence = Silence(
            id: 1,
            matchers: [AlertMatcher("model", .equal, "m0")],
            startsAt: Timestamp(milliseconds: start * 1000),
            endsAt: Timestamp(milliseconds: (start + Int64.random(in: 0...150, using: &random)) * 1000),
            creator: "ada",
            comment: "test"
        )
        restarts = Set((0..<3).map { _ in Int64.random(in: 0...Self.seconds, using: &random) })
        var steps: [Step] = []
        for number in 1...Int.random(in: 1...5, using: &random) {
            let entity = Entity.user(UserID("u\(number)"), model: ModelID("m\(number % 2)"))
            var alert = makeAlert(number, .entity(entity))
            var second = Int64.random(in: 0...150, using: &random)
            steps.append(Step(second: second, event: .opened, alert: alert))
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                second += Int64.random(in: 1...80, using: &random)
                let event: AlertEvent.Kind
                switch (alert.state, Int.random(in: 0...3, using: &random)) {
                case (.resolved, _):
                    alert.state = .open
                    alert.endsAt = nil
                    event = .reopened
                case (_, 0):
                    alert.state = .resolved
                    alert.endsAt = Timestamp(milliseconds: second * 1000)
                    event = .resolved
                case (.open, 1):
                    alert.state = .acknowledged
                    event = .acknowledged
                case (_, _):
                    event = alert.level == .critical ? .lowered : .escalated
                    alert.level = alert.level == .critical ? .high : .critical
                    alert.peakLevel = .critical
                }
                steps.append(Step(second: second, event: event, alert: alert))
            }
        }
        self.steps = steps.enumerated().sorted { ($0.1.second, $0.0) < ($1.1.second, $1.0) }.map(\.1)
    }

    /// What the router makes of it; messages that go out at once are left out.
    func route() -> [Told] {
        var router = AlertRouter(endpoints: [endpoint], inhibitions: [], now: Timestamp(milliseconds: 0))
        var groups: [AlertGroup.Key: AlertGroup] = [:]
        var alerts: [AlertID: AlertSnapshot] = [:]
        var told: [Told] = []
        for second in 0...Self.seconds {
            let now = Timestamp(milliseconds: second * 1000)
            if restarts.contains(second) {
                let members = groups.values.reduce(into: Set<AlertID>()) { $0.formUnion($1.members) }
                router = AlertRouter(
                    endpoints: [endpoint],
                    inhibitions: [],
                    groups: Array(groups.values),
                    alerts: alerts.values.filter { $0.state != .resolved || members.contains($0.id) },
                    now: now
                )
            }
            let context = RoutingContext(now: now, silences: [silence])
            for (number, step) in steps.enumerated() where step.second == second {
                alerts[step.alert.id] = step.alert
                router.take(
                    AlertNotice(
                        number: Int64(number),
                        type: .alertUpdated,
                        event: step.event,
                        snapshot: step.alert
                    ),
                    context
                )
            }
            if let next = router.nextFlush, next <= now { router.flush(context) }
            let output = router.takeOutput()
            for key in output.removed { groups[key] = nil }
            groups.merge(output.changed) { $1 }
            for message in output.messages.map(\.message) where message.reason != .other {
                told.append(
                    Told(
                        second: second,
                        type: message.type,
                        reason: message.reason,
                        alerts: message.alerts.map(\.id)
                    )
                )
            }
        }
        return told
    }
}

/// The rules in their plainest form: every second, every group.
struct SlowRouter {
    private struct Group {
        var members: [AlertID]
        let first: Int64
        var early: [Int64] = []
        var toldAt: Int64?
        var told: [AlertID: Level] = [:]
    }

    private let life: RandomLife
    private let grouping: Endpoint.Grouping

    init(_ life: RandomLife) {
        self.life = life
        grouping = life.endpoint.grouping
    }

    func run() -> [Told] {
        var groups: [String: Group] = [:]
        var alerts: [AlertID: AlertSnapshot] = [:]
        var told: [Told] = []
        for second in 0...RandomLife.seconds {
            for step in life.steps where step.second == second {
                alerts[step.alert.id] = step.alert
                take(step, &groups)
            }
            for key in groups.keys.sorted() {
                guard var group = groups[key], isLookedAt(group, second) else { continue }
                group.early = []
                if let message = look(&group, alerts, second) { told.append(message) }
                groups[key] = group.members.isEmpty ? nil : group
            }
        }
        return told
    }

    private func take(_ step: RandomLife.Step, _ groups: inout [String: Group]) {
        guard step.event != .acknowledged else { return }
        let alert = step.alert
        let wait = step.second + Int64(grouping.wait.inSeconds)
        let key: String
        switch grouping.labels {
        case nil: key = alert.id.description
        case []: key = ""
        default: key = alert.subject.model?.name ?? ""
        }
        let isMember = groups[key]?.members.contains(alert.id) ?? false
        if !isMember, alert.state != .resolved {
            groups[key, default: Group(members: [], first: wait)].members.append(alert.id)
        }
        if step.event == .escalated { groups[key]?.early.append(wait) }
    }

    private func isLookedAt(_ group: Group, _ second: Int64) -> Bool {
        let isOnGrid =
            second >= group.first && (second - group.first) % Int64(grouping.interval.inSeconds) == 0
        // After a restart, every group is looked at once more.
        let isRestart = life.restarts.contains(second) && group.first <= second
        return isOnGrid || isRestart || group.early.contains(second)
    }

    private func look(_ group: inout Group, _ alerts: [AlertID: AlertSnapshot], _ second: Int64) -> Told? {
        let now = Timestamp(milliseconds: second * 1000)
        let members = group.members.sorted().compactMap { alerts[$0] }
        let firing = members.filter { alert in
            alert.state != .resolved && !(life.silence.isActive(at: now) && alert.subject.model?.name == "m0")
        }
        let over = members.filter { $0.state == .resolved }
        let ended = over.filter { group.told[$0.id] != nil }
        defer {
            group.members.removeAll { id in over.contains { $0.id == id } }
            for alert in over { group.told[alert.id] = nil }
        }
        let isNew = firing.contains { alert in group.told[alert.id].map { $0 < alert.level } ?? true }
        let isKnown = firing.allSatisfy { group.told[$0.id] != nil }
        let isAcknowledged = firing.allSatisfy { $0.state == .acknowledged }
        let reason: Message.Reason
        if group.toldAt == nil {
            guard !firing.isEmpty else { return nil }
            reason = .first
        } else if isNew {
            reason = .changed
        } else if life.endpoint.sendsResolved, !ended.isEmpty {
            reason = .resolved
        } else if !firing.isEmpty, !isAcknowledged, let toldAt = group.toldAt,
            second - toldAt >= Int64(grouping.repeat.inSeconds)
        {
            reason = .repeat
        } else {
            return nil
        }
        group.toldAt = second
        for alert in firing { group.told[alert.id] = max(group.told[alert.id] ?? .info, alert.level) }
        let shown = firing + (life.endpoint.sendsResolved ? ended : [])
        let type: MessageType =
            firing.isEmpty ? .alertResolved : reason == .changed && isKnown ? .alertUpdated : .alertFiring
        return Told(second: second, type: type, reason: reason, alerts: shown.map(\.id))
    }
}
