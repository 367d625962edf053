import APIHandlers
import Configuration
import Console
import Domain
import Pipeline
import Runtime
import Scoring
import Storage

extension Command {
    static let calibrateList = Command(
        "list",
        "List the calibrations, whether they are in force, and the health of those that are",
        flags: [.config, .set, OutputFormat.flag, Flag("all", "Users' own baselines too")]
    ) { invocation in
        try await invocation.withStore { store, configuration in
            let health = Dictionary(
                uniqueKeysWithValues: try await store.calibrationHealth().map { ($0.model, $0) }
            )
            var report = Report([
                .init("model"), .init("stratum"), .init("id"), .init("state"), .init("health"),
                .init("verified"), .init("since"), .init("records", isNumeric: true),
                .init("users", isNumeric: true), .init("built"), .init("origin"),
            ])
            for stored in try await store.calibrations(limit: 100_000) {
                let origin = stored.origin
                guard origin.owner == nil || invocation.has("all") else { continue }
                report.append([
                    .string(origin.model.name),
                    (origin.stratum ?? origin.owner.map { "user \($0)" }).map { .string($0) } ?? .null,
                    .string(String(stored.id.prefix(19))),
                    .string(stored.isActive ? "active" : origin.owner != nil ? "own" : "kept"),
                    stored.isActive
                        ? health[origin.model].map { .string($0.health.rawValue) } ?? .null : .null,
                    .string(stored.hasPassed.map { $0 ? "passed" : "failed" } ?? "never"),
                    stored.firstTick.map { .string(begin(of: $0, configuration)) } ?? .null,
                    .integer(Int64(origin.records)), .integer(Int64(origin.users)),
                    .string(stored.built.description), .string(origin.origin),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }

    static let calibrateShow = Command(
        "show",
        "Show a calibration: where it came from, its rungs, its checks and who put it in force",
        arguments: [Argument("CALIBRATION", "Its id, or the begin of it")],
        flags: [.config, .set, OutputFormat.flag]
    ) { invocation in
        try await invocation.withStore { store, configuration in
            let named = try await store.named(invocation.arguments[0])
            let stored = try await store.calibrations(limit: 100_000).first { $0.id == named.id }
            let rungs = report([named.calibration])
            let checks = try await store.checks(of: named.id)
            let activations = try await store.activations(of: named.id)
            guard invocation.format == .table else {
                invocation.terminal.write(
                    JSONValue.object([
                        "id": .string(named.id), "model": .string(named.calibration.model.name),
                        "stratum": named.calibration.stratum.map { .string($0) } ?? .null,
                        "owner": named.calibration.owner.map { .string($0.name) } ?? .null,
                        "newest": named.calibration.newest.map { .string($0.description) } ?? .null,
                        "delta": .number(named.calibration.delta),
                        "detectors": .string(named.calibration.detectorConfiguration),
                        "origin": stored.map { .string($0.origin.origin) } ?? .null,
                        "active": .bool(stored?.isActive ?? false), "rungs": .array(rungs.objects),
                        "bets": .array(BetReport(named.calibration).report.objects),
                        "checks": .array(checkReport(checks).objects),
                        "activations": .array(activationReport(activations).objects),
                    ]).prettyText + "\n"
                )
                return .ok
            }
            let terminal = invocation.terminal
            terminal.writeLine("\(named.id)")
            let calibration = named.calibration
            let whose = title(
                calibration.model,
                calibration.stratum ?? calibration.owner.map { "user \($0)" }
            )
            terminal.writeLine("of \(whose)" + (calibration.modelVersion.map { ", version \($0)" } ?? ""))
            if let stored {
                terminal.writeLine("from \(stored.origin.origin)")
                terminal.writeLine("\(stored.origin.records) records of \(stored.origin.users) users")
                if let first = stored.firstTick {
                    terminal.writeLine("in force from \(begin(of: first, configuration))")
                }
            }
            if let newest = calibration.newest { terminal.writeLine("newest record \(newest)") }
            if stored?.isActive == true,
                let health = try await store.calibrationHealth().first(where: {
                    $0.model == calibration.model
                })
            {
                terminal.writeLine("health \(health.health.rawValue): \(health.explanation)")
            }
            terminal.writeLine("detectors \(calibration.detectorConfiguration)")
            terminal.write("\n")
            rungs.write(to: terminal, as: .table)
            terminal.write("\n")
            BetReport(calibration).write(to: terminal, of: calibration)
            terminal.write("\n")
            checkReport(checks).write(to: terminal, as: .table)
            terminal.write("\n")
            activationReport(activations).write(to: terminal, as: .table)
            return .ok
        }
    }

    private static func checkReport(_ checks: [(check: CalibrationCheck, time: Timestamp)]) -> Report {
        var report = Report([
            .init("checked"), .init("result"), .init("with", isNumeric: true), .init("traffic"),
        ])
        for (check, time) in checks {
            report.append([
                .string(time.description), .string(check.hasPassed ? "passed" : "failed"),
                .integer(Int64(check.calibrations.count)), .string(check.origin),
            ])
        }
        return report
    }

    private static func activationReport(
        _ activations: [(activation: CalibrationActivation, time: Timestamp)]
    ) -> Report {
        var report = Report([.init("activated"), .init("by"), .init("forced"), .init("reason")])
        for (activation, time) in activations {
            report.append([
                .string(time.description), .string(activation.actor), .bool(activation.isForced),
                .string(activation.reason),
            ])
        }
        return report
    }

    /// The begin of a tick; the first of all ticks has none.
    private static func begin(of tick: Tick, _ configuration: Configuration) -> String {
        let length = configuration.scoring.tick.wholeMilliseconds
        guard tick.index != .min else { return "the first record" }
        return Timestamp(milliseconds: tick.index * length).description
    }
}
