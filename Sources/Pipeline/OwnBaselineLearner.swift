import Domain
import Scoring
import Storage

/// Learns users' own baselines from what is stored, once a day of event time.
///
/// A query counts as benign when its user was not at medium or above within 24 hours of it, before or after; so it is
/// known a day later, and what is learnt at a day's begin depends on nothing that is not stored by then.
package struct OwnBaselineLearner: Sendable {
    /// How far a user must have been from medium or above.
    package static let quiet = Duration.seconds(86_400)
    /// How often baselines are learnt.
    static let interval = Duration.seconds(86_400)
    /// After how long a baseline is learnt anew.
    static let lifetime = Duration.seconds(90 * 86_400)
    /// The most queries that a baseline is made from: the newest.
    static let mostQueries = 20_000
    /// What a user does within this long depends on each other.
    package static let session = Duration.seconds(600)

    let reader: RetryingReader
    let plans: DetectorPlans
    let scoring: ScoringConfiguration
    let fractions: [Double]
    let delta: Double
    /// How many accepted queries a baseline needs; 0: none is learnt.
    let needed: Int

    /// What changes at the begin of a day.
    ///
    /// - Parameters:
    ///   - time: the day's begin; every tick before it is closed and stored.
    ///   - calibrations: in force before.
    /// - Returns: the users whose baseline changes, with the new one; nil: given up.
    /// - Throws: `StorageError` or `ScoringError`.
    func learn(
        at time: Timestamp,
        _ calibrations: ActiveCalibrations
    ) async throws -> [(user: Entity, baseline: NamedCalibration?)] {
        // What is learnt depends on what is stored alone, so it may be begun again.
        try await reader.asking { try await learn(at: time, calibrations, $0) }
    }

    private func learn(
        at time: Timestamp,
        _ calibrations: ActiveCalibrations,
        _ store: Store
    ) async throws -> [(user: Entity, baseline: NamedCalibration?)] {
        var changes: [(user: Entity, baseline: NamedCalibration?)] = []
        let relearnings = try await store.relearnings(before: time)
        for (user, own) in calibrations.own.sorted(by: { $0.key < $1.key }) {
            guard let since = relearnings[user], own.calibration.newest.map({ $0 < since }) ?? true else {
                continue
            }
            changes.append((user, nil))
        }
        if needed > 0 {
            let end = time - Self.quiet
            for user in try await store.users(withObservations: needed, before: end) {
                let own = changes.contains { $0.user == user } ? nil : calibrations.own[user]
                if let newest = own?.calibration.newest, end < newest + Self.lifetime { continue }
                guard
                    let baseline = try await baseline(
                        of: user,
                        since: relearnings[user],
                        before: end,
                        at: time,
                        calibrations,
                        store
                    )
                else { continue }
                changes.removeAll { $0.user == user }
                changes.append((user, baseline))
            }
        }
        let first = scoring.tick(of: time)
        try await store.saveOwnBaselines(
            changes.compactMap { change in
                guard let model = change.user.model, let user = change.user.user else { return nil }
                return OwnBaseline(
                    model: model,
                    user: user,
                    firstTick: first,
                    calibration: change.baseline?.id
                )
            }
        )
        return changes
    }

    private func baseline(
        of entity: Entity,
        since: Timestamp?,
        before end: Timestamp,
        at time: Timestamp,
        _ calibrations: ActiveCalibrations,
        _ store: Store
    ) async throws -> NamedCalibration? {
        guard let model = entity.model, let user = entity.user, let pooled = calibrations.byModel[model]
        else {
            return nil
        }
        let periods = ElevatedPeriods(try await store.elevations(of: entity, before: time))
        var builder = try CalibrationBuilder(
            model: model,
            modelVersion: pooled.modelVersion,
            owner: user,
            detectorConfiguration: plans.description(of: model),
            fractions: fractions,
            delta: delta
        )
        for observation in try await store.observations(
            of: entity,
            since: since,
            before: end,
            newest: Self.mostQueries
        ) where !periods.isNear(observation.record.time, within: Self.quiet) {
            let session = observation.record.time.milliseconds.floorDivided(
                by: Self.session.wholeMilliseconds
            )
            builder.add(
                observation.findings.scores(for: .user),
                block: "\(session)",
                user: user.name,
                time: observation.record.time
            )
        }
        guard builder.records >= needed else { return nil }
        let own: Calibration
        do throws(ScoringError) {
            own = try builder.build()
        } catch .tooFewBenignScores {
            // A detector that scores few of the user's records: there is no baseline without it yet.
            return nil
        }
        let guarded = NamedCalibration(try own.guarded(by: pooled))
        try await store.saveCalibration(
            id: guarded.id,
            body: guarded.calibration.artefact(),
            origin: CalibrationOrigin(
                model: model,
                stratum: nil,
                owner: user,
                origin: "accepted queries before \(end)",
                records: builder.records,
                users: 1
            )
        )
        return guarded
    }
}

/// When a user was at medium or above.
struct ElevatedPeriods {
    private var periods: [Range<Int64>] = []

    /// - Parameter changes: in order: when the user rose to medium or above, or fell below.
    init(_ changes: [(time: Timestamp, isElevated: Bool)]) {
        var since: Timestamp?
        for change in changes {
            if change.isElevated {
                since = since ?? change.time
            } else if let start = since {
                periods.append(start.milliseconds..<change.time.milliseconds + 1)
                since = nil
            }
        }
        if let since { periods.append(since.milliseconds..<Int64.max) }
    }

    /// Whether a time lies in a period or less than `distance` from one.
    func isNear(_ time: Timestamp, within distance: Duration) -> Bool {
        let (time, distance) = (time.milliseconds, distance.wholeMilliseconds)
        return periods.contains { period in
            time > period.lowerBound - distance
                && (period.upperBound == .max || time < period.upperBound + distance)
        }
    }
}
