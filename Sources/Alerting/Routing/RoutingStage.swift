package import Domain

/// A step on the way from alerts to messages, which lets some pass.
///
/// A new behaviour is a new stage.
package protocol RoutingStage {
    /// The alerts that go on, in the order in which they came.
    ///
    /// - Parameters:
    ///   - alerts: firing alerts of one group.
    ///   - context: what else counts.
    /// - Returns: those that the endpoint may be told of.
    func passing(_ alerts: [AlertSnapshot], _ context: RoutingContext) -> [AlertSnapshot]
}
