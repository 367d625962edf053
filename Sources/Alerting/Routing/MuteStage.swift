package import Domain

/// Holds back what a silence in force matches.
package struct MuteStage: RoutingStage {
    package init() {}

    package func passing(_ alerts: [AlertSnapshot], _ context: RoutingContext) -> [AlertSnapshot] {
        alerts.filter { alert in !context.silences.contains { $0.hold(for: alert) } }
    }
}

extension Silence {
    /// Whether it matches an alert, in force or not.
    ///
    /// - Parameter alert: any alert.
    /// - Returns: whether all matchers hold.
    package func matches(_ alert: AlertSnapshot) -> Bool {
        matchers.map(Condition.init).hold(for: alert)
    }
}
