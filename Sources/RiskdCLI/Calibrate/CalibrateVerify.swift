import Configuration
import Console
import Domain
import Pipeline
import Recomputing
import Runtime
import Scoring
import Storage

extension Command {
    static let calibrateVerify = Command(
        "verify",
        "Replay held-out benign traffic, and compare false entries with the guarantee",
        discussion: """
            Replays records of ordinary users that the calibration was not built from: logs through the whole pipeline, or \
            with --since or --until what the database holds of a period, from the stored findings. Counts the entries of \
            users, campaigns and models into every level and prints, beside what the guarantee allows, what was observed. \
            A calibration passes when no level was entered more often than that; the result is kept, and activate asks for \
            it. The calibrations of strata that are in force take part. Exits with 1 when it does not pass.
            """,
        arguments: [
            Argument(
                "CALIBRATION",
                "Its id, or the begin of it; each model's newest unless given",
                count: 0...1
            )
        ],
        flags: [
            .config, .set,
            Flag("log", value: "FILE", "A log of ordinary users only", isRepeatable: true),
            .since, .until,
            Flag("exclude", value: "USER", "Leave out a user who is known to attack", isRepeatable: true),
            OutputFormat.flag,
        ]
    ) { invocation in
        let logs = invocation.values("log")
        let (since, until) = try invocation.period()
        let isStored = since != nil || until != nil
        guard logs.isEmpty == isStored else {
            throw UsageError("expected held-out traffic: --log FILE, or a period: --since TIME --until TIME")
        }
        return try await invocation.withStore { store, configuration in
            let plans = try DetectorPlans(configuration)
            let candidates = try await store.candidates(invocation.arguments.first)
            guard !candidates.isEmpty else {
                invocation.terminal.writeError(
                    "there is no calibration yet; see riskd calibrate build --help"
                )
                return .error
            }
            for named in candidates {
                let unfit = try plans.uncalibrated(by: named.calibration)
                guard unfit.isEmpty else {
                    let names = unfit.map(\.name).joined(separator: ", ")
                    invocation.terminal.writeError(
                        "\(named.id) was built with other settings of \(names): build it again"
                    )
                    return .error
                }
            }
            let calibrations = try await store.together(candidates)
            let verification = try CalibrationVerification(
                configuration,
                plans: plans,
                calibrations: calibrations
            )
            let verdicts: [CalibrationVerification.Verdict]
            let origin: String
            if isStored {
                var progress = Progress("verifying", total: nil, on: invocation.terminal)
                verdicts = try await verification.run(
                    on: store,
                    since: since,
                    until: until,
                    without: Set(invocation.values("exclude").map { UserID($0) })
                ) { progress.update($0) }
                origin =
                    "stored from \(since.map(\.description) ?? "the first") until \(until.map(\.description) ?? "the last")"
            } else {
                let bar = ProgressBar("verifying", invocation.terminal)
                verdicts = try await verification.run(on: logs) { bar.update($0, of: $1) }
                bar.finish()
                origin = logs.joined(separator: ", ")
            }
            let asked = Set(candidates.map(\.calibration.model))
            let judged = verdicts.filter { asked.contains($0.model) }
            for verdict in judged {
                let ids =
                    [calibrations.ids[verdict.model]].compactMap { $0 }
                    + (calibrations.strata[verdict.model] ?? [:]).values.map(\.id).sorted()
                try await store.saveCheck(
                    CalibrationCheck(
                        model: verdict.model,
                        calibrations: ids,
                        origin: origin,
                        hasPassed: verdict.hasPassed,
                        report: VerdictReport(verdict).json.text
                    )
                )
            }
            VerdictReport.write(judged, calibrations, to: invocation)
            return judged.allSatisfy(\.hasPassed) ? .ok : .error
        }
    }
}

extension Store {
    /// The calibration that somebody named, or each model's newest pooled one.
    func candidates(_ name: String?) async throws -> [NamedCalibration] {
        if let name { return [try await named(name)] }
        var newest: [NamedCalibration] = []
        for stored in try await calibrations()
        where stored.origin.owner == nil && stored.origin.stratum == nil {
            guard !newest.contains(where: { $0.calibration.model == stored.origin.model }) else { continue }
            newest.append(try await named(stored.id))
        }
        return newest
    }

    /// A kept calibration by its id or the begin of it.
    func named(_ name: String) async throws -> NamedCalibration {
        let digest = name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : name
        let found = try await calibrations(limit: 100_000).map(\.id).filter {
            $0.dropFirst(7).hasPrefix(digest)
        }
        guard let id = found.first else {
            throw UsageError("there is no calibration '\(name)'; riskd calibrate list shows them")
        }
        guard found.count == 1 else { throw UsageError("several calibrations begin with '\(name)'") }
        let body = try await artefact(id)?.body ?? []
        guard artefactID(body) == id else { throw CommandFailure("the artefact \(id) is damaged") }
        return NamedCalibration(id: id, try Calibration(artefact: body))
    }

    /// Candidates beside what is in force for the same models: a stratum's joins the pooled one, and the other way round.
    func together(_ candidates: [NamedCalibration]) async throws -> ActiveCalibrations {
        let active = try await activeCalibrations()
        var pooled: [ModelID: NamedCalibration] = [:]
        var strata: [ModelID: [String: NamedCalibration]] = [:]
        for model in Set(candidates.map(\.calibration.model)) {
            if let id = active.pooled[model] { pooled[model] = try await named(id) }
            for (stratum, id) in active.strata[model] ?? [:] {
                strata[model, default: [:]][stratum] = try await named(id)
            }
        }
        for candidate in candidates {
            let calibration = candidate.calibration
            if let stratum = calibration.stratum {
                strata[calibration.model, default: [:]][stratum] = candidate
            } else {
                pooled[calibration.model] = candidate
            }
        }
        return ActiveCalibrations(
            byModel: pooled.mapValues(\.calibration),
            ids: pooled.mapValues(\.id),
            strata: strata
        )
    }
}
