import Domain

/// An endpoint with the stages that its alerts go through.
struct RoutedEndpoint {
    let endpoint: Endpoint
    private let match: MatchStage
    private let stages: [any RoutingStage]

    init(_ endpoint: Endpoint, inhibitions: Set<InhibitionRule>) {
        self.endpoint = endpoint
        match = MatchStage(endpoint)
        stages = [MuteStage(), InhibitStage(inhibitions)]
    }

    func isMeantFor(_ alert: AlertSnapshot, _ context: RoutingContext) -> Bool {
        !match.passing([alert], context).isEmpty
    }

    /// The alerts that may be told of now.
    func passing(_ alerts: [AlertSnapshot], _ context: RoutingContext) -> [AlertSnapshot] {
        stages.reduce(alerts) { $1.passing($0, context) }
    }

    func wants(_ type: MessageType) -> Bool {
        if type == .alertResolved || type == .ingestRecovered, !endpoint.sendsResolved { return false }
        return endpoint.types.isEmpty ? Self.usual.contains(type) : endpoint.types.contains(type)
    }

    private static let usual: Set<MessageType> = [
        .alertFiring, .alertUpdated, .alertAcknowledged, .alertResolved, .detectorDegraded,
        .detectorRecovered, .ingestBlind, .ingestRecovered, .calibrationSuspect,
    ]

    /// The group that an alert joins, as Alertmanager writes group keys.
    func group(of alert: AlertSnapshot) -> (key: AlertGroup.Key, labels: [AlertLabel]) {
        guard let names = endpoint.grouping.labels else {
            return (AlertGroup.Key(endpoint: endpoint.name, group: alert.id.description), [])
        }
        let labels = alert.labels.filter { names.contains($0.name) }
        let text = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ", ")
        return (AlertGroup.Key(endpoint: endpoint.name, group: "{}:{\(text)}"), labels)
    }

    private func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    /// When a group is looked at next.
    func nextFlush(of group: AlertGroup, after now: Timestamp) -> Timestamp {
        let interval = max(1, endpoint.grouping.interval.wholeMilliseconds)
        var next = group.firstFlush
        if next <= now {
            let passed = (now.milliseconds - next.milliseconds) / interval + 1
            next.milliseconds += passed * interval
        }
        return group.due.map { min($0, next) } ?? next
    }
}
