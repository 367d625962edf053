package import Configuration
import Domain
package import Scoring

extension ScoringConfiguration {
    /// The scoring model that a configuration asks for.
    ///
    /// - Parameter configuration: checked settings.
    /// - Throws: `StartupError` when the settings do not fit each other.
    package init(_ configuration: Configuration) throws(StartupError) {
        let scoring = configuration.scoring
        let milli: (Double) -> Int64 = { Int64(($0 * 1000).rounded()) }
        do throws(ScoringError) {
            try self.init(
                tickLength: scoring.tick,
                lateness: scoring.lateness,
                halfLives: scoring.halfLives,
                enter: scoring.enter.map(milli),
                exit: scoring.exit.map(milli),
                hold: scoring.hold,
                criticality: configuration.models.mapValues { milli($0.criticality) }
            )
        } catch {
            throw StartupError("scoring: \(error)")
        }
    }
}
