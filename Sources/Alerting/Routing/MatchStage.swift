package import Domain

/// Lets pass what an endpoint is meant for: its matchers and its least level.
package struct MatchStage: RoutingStage {
    private let conditions: [Condition]
    private let minimumLevel: Level

    /// A stage for an endpoint.
    package init(_ endpoint: Endpoint) {
        conditions = endpoint.matchers.map(Condition.init)
        minimumLevel = endpoint.minimumLevel
    }

    package func passing(_ alerts: [AlertSnapshot], _ context: RoutingContext) -> [AlertSnapshot] {
        alerts.filter { $0.peakLevel >= minimumLevel && conditions.hold(for: $0) }
    }
}
