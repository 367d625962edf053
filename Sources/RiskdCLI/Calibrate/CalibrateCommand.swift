import Configuration
import Console
import Domain
import Pipeline
import Recomputing
import Runtime
import Scoring
import Storage

extension Command {
    /// `riskd calibrate`: thresholds and e-values.
    static let calibrate = Command(
        "calibrate",
        "Make the thresholds and e-values of a model's detectors, check them, and put them in force",
        commands: [
            calibrateBuild, calibrateVerify, calibrateActivate, calibrateList, calibrateShow,
            calibrateRelearn,
        ]
    )

    private static let calibrateBuild = Command(
        "build",
        "Build calibrations from ordinary users' records: logs, or a period of the database",
        discussion: """
            The records go through the same detectors as live ones. Each detector's scores give thresholds (rungs) and, \
            with the confidence of calibration.delta, bounds on how often benign traffic exceeds them, for as many \
            independent records as the users' records are worth. The result is an artefact named by its SHA-256. Where a \
            model has no calibration yet, it is put in force unverified, which the record says; otherwise verify and \
            activate it. With --since or --until the records are those that the database holds, without users that were at \
            medium or above within a day of the period, or that people found to be attackers. At least 100 records of a model are needed, and many more are \
            better. Campaigns are calibrated on the records that joined one: where fewer than 30 did, they stay \
            uncalibrated. Parts of a model's users (calibration.strata) get calibrations of their own.
            """,
        arguments: [Argument("FILE", "A log of ordinary users only", count: 0...1000)],
        flags: [
            .config, .set,
            Flag("log", value: "FILE", "A log of ordinary users only", isRepeatable: true),
            .since, .until,
            Flag(
                "exclude",
                value: "USER",
                "Leave out a user, such as a confirmed attacker",
                isRepeatable: true
            ),
            Flag("model", value: "NAME", "Build for this model only"),
            Flag("no-activate", "Keep the artefact, but leave in force what is"),
            OutputFormat.flag,
        ],
        run: buildCalibrations
    )

    private static let buildCalibrations: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let logs = invocation.values("log") + invocation.arguments
        let (since, until) = try invocation.period()
        let isStored = since != nil || until != nil
        guard logs.isEmpty == isStored else {
            throw UsageError(
                "expected a log: calibrate build --log FILE, or a period: --since TIME --until TIME"
            )
        }
        let configuration = try invocation.configuration()
        let run = CalibrationRun(configuration, plans: try DetectorPlans(configuration))
        let model = invocation.value("model").map { ModelID($0) }
        let result: CalibrationRun.Result
        if isStored {
            result = try await invocation.withStore { store, _ in
                var progress = Progress("reading", total: nil, on: invocation.terminal)
                return try await run.build(
                    from: store,
                    since: since,
                    until: until,
                    only: model,
                    without: Set(invocation.values("exclude").map { UserID($0) })
                ) { progress.update($0) }
            }
        } else {
            let bar = ProgressBar("calibrating", invocation.terminal)
            result = try await run.build(from: logs, only: model) { bar.update($0, of: $1) }
            bar.finish()
        }
        note(result, on: invocation.terminal)
        guard !result.calibrations.isEmpty else {
            let place = isStored ? "the period" : "the logs"
            invocation.terminal.writeError("no record of the model was found in \(place)")
            return .error
        }
        let origin =
            isStored
            ? "stored from \(since.map(\.description) ?? "the first") until \(until.map(\.description) ?? "the last")"
            : logs.joined(separator: ", ")
        try await keep(result.calibrations, origin, invocation)
        report(result.calibrations.map(\.calibration)).write(to: invocation.terminal, as: invocation.format)
        return .ok
    }

    private static func note(_ result: CalibrationRun.Result, on terminal: Terminal) {
        for letter in result.deadLetters.prefix(5) {
            terminal.note("\(letter.path): byte \(letter.offset): \(letter.reason) \(letter.detail)")
        }
        if !result.deadLetters.isEmpty { terminal.note("\(result.deadLetters.count) lines were not usable") }
        if result.usersLeftOut > 0 {
            terminal.note(
                "\(result.usersLeftOut) users were left out: at medium or above, found to be attackers, or excluded"
            )
        }
        for stratum in result.strataWithoutTraffic {
            terminal.note("stratum \(stratum): too little traffic; the pooled calibration counts for it")
        }
    }

    /// Keeps what was built, and puts it in force where nothing is yet.
    private static func keep(
        _ calibrations: [CalibrationRun.Built],
        _ origin: String,
        _ invocation: Invocation
    ) async throws {
        try await invocation.withStore { store, _ in
            try await store.migrate()
            let active = try await store.activeCalibrations()
            for built in calibrations {
                let calibration = built.calibration
                let artefact = calibration.artefact()
                let id = artefactID(artefact)
                let (model, stratum) = (calibration.model, calibration.stratum)
                try await store.saveCalibration(
                    id: id,
                    body: artefact,
                    origin: CalibrationOrigin(
                        model: model,
                        stratum: stratum,
                        owner: nil,
                        origin: origin,
                        records: built.records,
                        users: built.users
                    )
                )
                let current = stratum.map { active.strata[model]?[$0] } ?? active.pooled[model]
                // A stratum's takes the place of the pooled one for its users: it is the first only where there is none.
                let isFirst =
                    active.pooled[model] == nil && current == nil && !invocation.has("no-activate")
                if isFirst {
                    try await store.activate(
                        CalibrationActivation(
                            model: model,
                            stratum: stratum,
                            calibration: id,
                            actor: operatorName(),
                            isForced: true,
                            reason: "the first calibration; not verified"
                        )
                    )
                }
                let state =
                    isFirst
                    ? "in force from the next start on, not verified"
                    : current == id ? "in force already" : "kept, not in force: verify and activate it"
                invocation.terminal.note(
                    "\(title(model, stratum)): \(built.records) records of \(built.users) users, \(id), \(state)"
                )
                if stratum == nil, calibration.detectors(feeding: .campaign).isEmpty {
                    let needed = CalibrationBuilder.neededLinkedScores
                    invocation.terminal.note(
                        "\(model): campaigns stay uncalibrated: fewer than \(needed) records joined one"
                    )
                }
            }
        }
    }

    /// A model, and the part of its users.
    static func title(_ model: ModelID, _ stratum: String?) -> String {
        stratum.map { "\(model) (\($0))" } ?? model.name
    }

    /// The rungs of calibrations.
    static func report(_ calibrations: [Calibration]) -> Report {
        var report = Report([
            .init("model"), .init("stratum"), .init("detector"), .init("records", isNumeric: true),
            .init("independent", isNumeric: true), .init("rung", isNumeric: true),
            .init("threshold", isNumeric: true), .init("exceeded_by", isNumeric: true),
            .init("bound", isNumeric: true), .init("e_value", isNumeric: true),
        ])
        for calibration in calibrations {
            for detector in calibration.detectors {
                for rung in detector.thresholds.indices {
                    report.append([
                        .string(calibration.model.name), calibration.stratum.map { .string($0) } ?? .null,
                        .string(detector.detector.name), .integer(Int64(detector.benign)),
                        .integer(Int64(detector.effective)), .integer(Int64(rung + 1)),
                        .number(detector.thresholds[rung]), .integer(Int64(detector.exceedances[rung])),
                        .number(detector.bounds[rung]),
                        .number(Double(detector.eValues[rung + 1]) / 4_294_967_296),
                    ])
                }
            }
        }
        return report
    }
}
