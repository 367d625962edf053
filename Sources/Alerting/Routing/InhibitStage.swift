package import Domain

/// Holds back what another firing alert says already.
package struct InhibitStage: RoutingStage {
    private let rules: Set<InhibitionRule>

    /// A stage.
    ///
    /// - Parameter rules: which kinds of alerts keep others back.
    package init(_ rules: Set<InhibitionRule>) { self.rules = rules }

    package func passing(_ alerts: [AlertSnapshot], _ context: RoutingContext) -> [AlertSnapshot] {
        alerts.filter { alert in !rules.contains { holds($0, back: alert, context.causes) } }
    }

    private func holds(_ rule: InhibitionRule, back alert: AlertSnapshot, _ causes: Causes) -> Bool {
        guard let entity = alert.subject.entity else { return false }
        switch (rule, entity) {
        case (.calibration, .user(_, let model)):
            return causes.calibrations[model].map { $0 >= alert.level } ?? false
        case (.campaign, .user(let user, let model)):
            return causes.campaigns[model]?[user].map { $0 >= alert.level } ?? false
        case (.model, .user(_, let model)), (.model, .campaign(_, let model)):
            return causes.models[model].map { $0 >= alert.level } ?? false
        case (.derived, .model(let model)): return alert.isDerived && causes.members.contains(model)
        case (.derived, .global): return !causes.members.isEmpty || !causes.models.isEmpty
        default: return false
        }
    }
}
