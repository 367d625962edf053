package import Alerting
import Domain
import Scoring
package import Storage

extension Restoration {
    /// The alerts as they were, for the epoch's rules.
    ///
    /// - Parameters:
    ///   - policy: when a level becomes an alert.
    ///   - store: the database.
    /// - Returns: the book.
    /// - Throws: `StorageError`.
    package func alertBook(_ policy: AlertPolicy, from store: Store) async throws(StorageError) -> AlertBook {
        let unsettled = try await store.unsettledAlerts(reopenWithin: policy.reopenWithin)
        let configuration = engine.configuration
        let calibrations = calibrations.byModel
        let context = AlertContext(
            configurationID: configurationID,
            calibrationIDs: self.calibrations.ids,
            criticality: { model in model.map { configuration.criticality(of: $0) } ?? 1000 },
            bound: { level, model in
                guard let calibration = calibrations[model],
                    let entries = configuration.falseAlarmBound(
                        entering: level,
                        criticality: configuration.criticality(of: model)
                    )
                else { return nil }
                return AlertSnapshot.FalseAlarmBound(
                    perMillionQueries: ScoringConfiguration.threeDigits(entries),
                    calibrationConfidence: 1 - calibration.delta
                )
            },
            end: { configuration.end(of: $0) }
        )
        return AlertBook(
            policy: policy,
            context: context,
            alerts: unsettled.alerts,
            nextNotice: unsettled.nextNotice
        )
    }
}
