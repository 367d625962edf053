/// The bounds of the watch, and how much it remembers.
package struct CoverageSettings: Hashable, Sendable {
    /// Of lines that could not be used.
    package var deadLetters: CoverageRule
    /// Of records that were met before.
    package var repeats: CoverageRule
    /// Of records whose tick was closed.
    package var late: CoverageRule
    /// Of records of which a field that is scored was not used as it was logged.
    package var degraded: CoverageRule
    /// Of records that were compared with nothing.
    package var uncompared: CoverageRule
    /// Of records that an opinion was not formed of.
    package var missing: CoverageRule
    /// Sources that are watched one by one at most.
    package var mostSources = 128
    package var mostModels = 64
    /// Lines of others after which a source or model without a line is forgotten.
    package var forgetAfter: Int64 = 20_000

    /// The bounds that nobody configured.
    package init() {
        deadLetters = CoverageRule(bound: 0.05)
        repeats = CoverageRule(bound: 0.5)
        late = CoverageRule(bound: 0.05)
        degraded = CoverageRule(bound: 0.25)
        uncompared = CoverageRule(bound: 0.25)
        missing = CoverageRule(bound: 0.25)
    }

    /// The bound of one measure.
    package func rule(of measure: CoverageMeasure) -> CoverageRule {
        switch measure {
        case .deadLetters: deadLetters
        case .repeats: repeats
        case .late: late
        case .degraded: degraded
        case .uncompared: uncompared
        case .missing: missing
        }
    }
}
