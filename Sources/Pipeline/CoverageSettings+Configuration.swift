package import Configuration
package import Coverage

extension CoverageSettings {
    /// The settings that an operator made.
    package init(_ configuration: Configuration.Coverage) {
        self.init()
        func rule(_ bound: Double) -> CoverageRule {
            CoverageRule(bound: bound, factor: configuration.factor, least: configuration.least)
        }
        deadLetters = rule(configuration.deadLetters)
        repeats = rule(configuration.repeats)
        late = rule(configuration.late)
        degraded = rule(configuration.degraded)
        uncompared = rule(configuration.uncompared)
        missing = rule(configuration.withoutOpinion)
    }
}
