import Crypto
package import Domain

/// Makes messages of notices: match, mute, inhibit and group, for every endpoint.
///
/// A value without a clock and without I/O, confined to the task that routes. What it remembers of groups is stored in
/// the transaction that puts its messages into the outbox, so a restart neither forgets nor repeats.
package struct AlertRouter {
    private let routes: [RoutedEndpoint]
    /// Every alert that is not resolved, and those that are over but still in a group.
    private var alerts: [AlertID: AlertSnapshot] = [:]
    private var groups: [AlertGroup.Key: AlertGroup] = [:]
    private var flushes: [AlertGroup.Key: Timestamp] = [:]
    /// The group of every member, by endpoint: an alert stays where it is when its labels change.
    private var homes: [String: [AlertID: AlertGroup.Key]] = [:]
    private var output = Output()

    /// What routing leaves behind.
    package struct Output: Sendable {
        /// Messages in order.
        package var messages: [AddressedMessage] = []
        /// Groups that changed, by key.
        package var changed: [AlertGroup.Key: AlertGroup] = [:]
        /// Groups that are gone.
        package var removed: Set<AlertGroup.Key> = []

        /// Nothing.
        package init() {}
    }

    /// A router.
    ///
    /// - Parameters:
    ///   - endpoints: who is told, by unique names.
    ///   - inhibitions: which alerts keep others back.
    ///   - groups: as they were stored; those of endpoints that are gone are removed.
    ///   - alerts: every alert that is not resolved or in a group.
    ///   - now: the wall clock.
    package init(
        endpoints: [Endpoint],
        inhibitions: Set<InhibitionRule>,
        groups: [AlertGroup] = [],
        alerts: [AlertSnapshot] = [],
        now: Timestamp
    ) {
        routes = endpoints.map { RoutedEndpoint($0, inhibitions: inhibitions) }
        for alert in alerts { self.alerts[alert.id] = alert }
        for group in groups {
            guard route(group.key.endpoint) != nil else {
                output.removed.insert(group.key)
                continue
            }
            self.groups[group.key] = group
            // What was due while nobody routed is due now; where nothing was, looking once more says nothing.
            flushes[group.key] = max(now, group.firstFlush)
            for member in group.members { homes[group.key.endpoint, default: [:]][member] = group.key }
        }
    }

    /// When the next group is due; nil when none is.
    package var nextFlush: Timestamp? { flushes.values.min() }

    /// Every alert that is not resolved.
    package var firing: [AlertSnapshot] { alerts.values.filter { $0.state != .resolved } }

    /// Hands over what happened since it was last called.
    package mutating func takeOutput() -> Output {
        defer { output = Output() }
        return output
    }

    private func route(_ endpoint: String) -> RoutedEndpoint? {
        routes.first { $0.endpoint.name == endpoint }
    }

    // MARK: Notices

    /// Takes in a notice.
    ///
    /// - Parameters:
    ///   - notice: in order.
    ///   - context: the wall clock and silences; firing alerts are not looked at.
    package mutating func take(_ notice: AlertNotice, _ context: RoutingContext) {
        let alert = notice.snapshot
        switch notice.event {
        case nil: tellAtOnce(notice, context) { _ in true }
        case .opened, .reopened, .escalated, .lowered, .resolved, .ended:
            alerts[alert.id] = alert
            for route in routes where route.isMeantFor(alert, context) || isMember(alert, of: route) {
                join(alert, notice, route, context.now)
            }
            if alert.state == .resolved, !homes.values.contains(where: { $0[alert.id] != nil }) {
                alerts[alert.id] = nil
            }
        case .acknowledged, .assigned, .noted, .confirmed, .judged:
            if alerts[alert.id] != nil { alerts[alert.id] = alert }
            // Who was not told of the alert is not told that somebody looks at it.
            let told = Set(groups.values.filter { $0.toldFiring[alert.id] != nil }.map(\.key.endpoint))
            tellAtOnce(notice, context) { told.contains($0.endpoint.name) }
        }
    }

    private func isMember(_ alert: AlertSnapshot, of route: RoutedEndpoint) -> Bool {
        homes[route.endpoint.name]?[alert.id] != nil
    }

    private mutating func join(
        _ alert: AlertSnapshot,
        _ notice: AlertNotice,
        _ route: RoutedEndpoint,
        _ now: Timestamp
    ) {
        let (fresh, labels) = route.group(of: alert)
        let home = homes[route.endpoint.name]?[alert.id]
        // What is over before anybody was told joins nothing.
        guard home != nil || alert.state != .resolved else { return }
        let key = home ?? fresh
        let wait = now + route.endpoint.grouping.wait
        var group = groups[key] ?? AlertGroup(key: key, labels: labels, firstFlush: wait)
        group.members.insert(alert.id)
        // A rise is told like a new alert, not like a change: also of one that was held back until now.
        if notice.event == .escalated { group.due = min(group.due ?? wait, wait) }
        homes[route.endpoint.name, default: [:]][alert.id] = key
        store(group)
        let next = group.due ?? wait
        flushes[key] = flushes[key].map { group.due == nil ? $0 : min($0, next) } ?? next
    }

    private mutating func tellAtOnce(
        _ notice: AlertNotice,
        _ context: RoutingContext,
        _ isTold: (RoutedEndpoint) -> Bool
    ) {
        for route in routes
        where route.wants(notice.type) && isTold(route) && route.isMeantFor(notice.snapshot, context)
            && !MuteStage().passing([notice.snapshot], context).isEmpty
        {
            let endpoint = route.endpoint.name
            let message = Message(
                id: messageID(context.now, endpoint, "notice \(notice.number)"),
                type: notice.type,
                timestamp: notice.snapshot.updatedAt,
                dedupKey: notice.snapshot.dedupKey,
                alerts: [notice.snapshot]
            )
            output.messages.append(AddressedMessage(endpoint: endpoint, message: message))
        }
    }

    // MARK: Groups

    /// Looks at every group that is due.
    ///
    /// - Parameter context: the wall clock, silences, all firing alerts and the campaigns' users.
    package mutating func flush(_ context: RoutingContext) {
        for key in flushes.filter({ $0.value <= context.now }).keys.sorted() { flush(key, context) }
    }

    private mutating func flush(_ key: AlertGroup.Key, _ context: RoutingContext) {
        guard var group = groups[key], let route = route(key.endpoint), let scheduled = flushes[key] else {
            return
        }
        let members = group.members.sorted().compactMap { alerts[$0] }
        let firing = route.passing(members.filter { $0.state != .resolved }, context)
        // A silence hides alarms, not their end.
        let over = members.filter { $0.state == .resolved }
        let resolved = over.filter { group.toldFiring[$0.id] != nil }
        let decision = GroupDecision(
            firing: Dictionary(uniqueKeysWithValues: firing.map { ($0.id, $0.level) }),
            resolved: Set(resolved.map(\.id)),
            isAcknowledged: firing.allSatisfy { $0.state == .acknowledged }
        )
        let before = group
        let reason = decision.reason(
            told: group.told.map { ($0, group.toldFiring) },
            now: scheduled,
            sendsResolved: route.endpoint.sendsResolved,
            repeat: route.endpoint.grouping.repeat
        )
        if let reason {
            tell(group, firing, route.endpoint.sendsResolved ? resolved : [], reason, route, context.now)
            // By the clock of the group, so that delays do not add up.
            group.told = scheduled
            for alert in firing {
                group.toldFiring[alert.id] = max(group.toldFiring[alert.id] ?? .info, alert.level)
            }
        }
        for alert in over {
            group.members.remove(alert.id)
            group.toldFiring[alert.id] = nil
            homes[key.endpoint]?[alert.id] = nil
            if !homes.values.contains(where: { $0[alert.id] != nil }) { alerts[alert.id] = nil }
        }
        group.due = nil
        if group.members.isEmpty { return remove(key) }
        flushes[key] = route.nextFlush(of: group, after: context.now)
        if group != before { store(group) }
    }

    private mutating func tell(
        _ group: AlertGroup,
        _ firing: [AlertSnapshot],
        _ resolved: [AlertSnapshot],
        _ reason: Message.Reason,
        _ route: RoutedEndpoint,
        _ now: Timestamp
    ) {
        let all = firing + resolved
        let type = type(of: group, firing, resolved, reason)
        guard route.wants(type), let newest = all.map(\.updatedAt).max() else { return }
        let isSingle = route.endpoint.grouping.labels == nil
        let shown = all.prefix(Self.mostAlerts)
        let message = Message(
            id: messageID(now, group.key.endpoint, group.key.group),
            type: type,
            timestamp: newest,
            dedupKey: isSingle ? all[0].dedupKey : group.key.group,
            groupKey: isSingle ? "" : group.key.group,
            groupLabels: group.labels,
            reason: reason,
            alerts: Array(shown),
            truncatedAlerts: all.count - shown.count
        )
        output.messages.append(AddressedMessage(endpoint: group.key.endpoint, message: message))
    }

    /// More would make a message larger than receivers take.
    private static let mostAlerts = 20

    private func type(
        of group: AlertGroup,
        _ firing: [AlertSnapshot],
        _ resolved: [AlertSnapshot],
        _ reason: Message.Reason
    ) -> MessageType {
        guard let first = firing.first else { return resolved.first?.subject.resolvedType ?? .alertResolved }
        let isKnown = firing.allSatisfy { group.toldFiring[$0.id] != nil }
        return reason == .changed && isKnown ? .alertUpdated : first.subject.firingType
    }

    private func messageID(_ now: Timestamp, _ endpoint: String, _ what: String) -> MessageID {
        let digest = sha256(Array("message\n\(endpoint)\n\(what)\n\(now.milliseconds)".utf8))
        return MessageID(ULID(time: now, digest: digest))
    }

    private mutating func store(_ group: AlertGroup) {
        groups[group.key] = group
        output.changed[group.key] = group
        output.removed.remove(group.key)
    }

    private mutating func remove(_ key: AlertGroup.Key) {
        groups[key] = nil
        flushes[key] = nil
        output.changed[key] = nil
        output.removed.insert(key)
    }
}
