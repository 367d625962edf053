import Configuration
import Domain
import RiskdDaemon
import Runtime
import Scoring
import Storage

extension Command {
    /// `riskd calibrate`: thresholds and e-values.
    static let calibrate = Command(
        "calibrate",
        "Make the thresholds and e-values of a model's detectors",
        commands: [
            Command(
                "build",
                "Build calibrations from logs of ordinary users, keep them and put them in force",
                discussion: """
                    The logs go through the same detectors as live records. Each detector's scores give thresholds (rungs) \
                    and, with the confidence of calibration.delta, bounds on how often benign traffic exceeds them. The \
                    result is an artefact named by its SHA-256; a daemon uses it from its next start on. At least 100 \
                    records of a model are needed, and many more are better. Campaigns are calibrated on the records \
                    that joined one: where fewer than 30 did, they stay uncalibrated.
                    """,
                arguments: [Argument("FILE", "A log of ordinary users only", count: 0...1000)],
                flags: [
                    .config, .set,
                    Flag("log", value: "FILE", "A log of ordinary users only", isRepeatable: true),
                    Flag("model", value: "NAME", "Build for this model only"),
                    Flag("no-activate", "Keep the artefact, but leave in force what is"),
                    OutputFormat.flag,
                ],
                run: buildCalibrations
            )
        ]
    )

    private static let buildCalibrations: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let logs = invocation.values("log") + invocation.arguments
        guard !logs.isEmpty else { throw UsageError("expected a log: calibrate build --log FILE") }
        let configuration = try invocation.configuration()
        let plans = try DetectorPlans(configuration)
        let bar = ProgressBar("calibrating", invocation.terminal)
        let result = try await CalibrationRun(configuration, plans: plans).build(
            from: logs,
            only: invocation.value("model").map { ModelID($0) }
        ) { bar.update($0, of: $1) }
        bar.finish()
        for letter in result.deadLetters.prefix(5) {
            invocation.terminal.note(
                "\(letter.path): byte \(letter.offset): \(letter.reason) \(letter.detail)"
            )
        }
        if !result.deadLetters.isEmpty {
            invocation.terminal.note("\(result.deadLetters.count) lines were not usable")
        }
        guard !result.calibrations.isEmpty else {
            invocation.terminal.writeError("no record of the model was found in the logs")
            return .error
        }
        let isActivated = !invocation.has("no-activate")
        try await invocation.withStore { store, _ in
            try await store.migrate()
            for calibration in result.calibrations {
                let artefact = calibration.artefact()
                let id = artefactID(artefact)
                try await store.saveArtefact(id: id, kind: "calibration", body: artefact)
                if isActivated { try await store.activateCalibration(of: calibration.model, artefact: id) }
                let records = result.records[calibration.model] ?? 0
                let state = isActivated ? "in force from the next start on" : "kept, not in force"
                invocation.terminal.note("\(calibration.model): \(records) records, \(id), \(state)")
                if calibration.detectors(feeding: .campaign).isEmpty {
                    let needed = CalibrationBuilder.neededLinkedScores
                    invocation.terminal.note(
                        "\(calibration.model): campaigns stay uncalibrated: fewer than \(needed) records joined one"
                    )
                }
            }
        }
        report(result.calibrations).write(to: invocation.terminal, as: invocation.format)
        return .ok
    }

    private static func report(_ calibrations: [Calibration]) -> Report {
        var report = Report([
            .init("model"), .init("detector"), .init("records", isNumeric: true),
            .init("rung", isNumeric: true),
            .init("threshold", isNumeric: true), .init("exceeded_by", isNumeric: true),
            .init("bound", isNumeric: true), .init("e_value", isNumeric: true),
        ])
        for calibration in calibrations {
            for detector in calibration.detectors {
                for rung in detector.thresholds.indices {
                    report.append([
                        .string(calibration.model.name), .string(detector.detector.name),
                        .integer(Int64(detector.benign)), .integer(Int64(rung + 1)),
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
