import Configuration
import Console
import Domain
import Runtime
import Storage

extension Command {
    /// `riskd explain`: why a sample has its score.
    static let explain = Command(
        "explain",
        "Explain a sample: what its score is made of, and the queries behind it",
        arguments: [Argument("SAMPLE", "A sample's number, as history shows it")],
        flags: [.config, .set, Flag("output", short: "o", "How it is printed", choices: ["table", "json"])]
    ) { invocation in
        guard let id = Int64(invocation.arguments[0]) else {
            throw UsageError("expected a sample's number, got '\(invocation.arguments[0])'")
        }
        return try await invocation.withStore { store, _ in
            guard let stored = try await store.sample(id) else {
                invocation.terminal.writeError("there is no sample \(id)")
                return .error
            }
            try await invocation.explain(stored, store)
            return .ok
        }
    }
}

extension Invocation {
    /// Prints what a sample's score is made of.
    func explain(_ stored: StoredSample, _ store: Store) async throws {
        let entity = stored.sample.entity
        let observations =
            entity == .global
            ? [] : try await store.observations(of: entity, tick: stored.sample.tick, limit: 1000)
        let explanation = Explanation(stored, observations)
        if format == .json {
            terminal.write(explanation.json.prettyText + "\n")
        } else {
            explanation.write(to: terminal)
        }
    }
}

/// A sample with the queries that it was scored from.
private struct Explanation {
    private let stored: StoredSample
    private let observations: [Observation]

    init(_ stored: StoredSample, _ observations: [Observation]) {
        self.stored = stored
        self.observations = observations
    }

    private var sample: Sample { stored.sample }
    private func rungs(_ observation: Observation) -> [DetectorRung] {
        switch sample.entity.scope {
        case .user: observation.userRungs
        case .campaign: observation.campaignRungs
        case .model, nil: observation.modelRungs
        }
    }

    func write(to terminal: Terminal) {
        let level = word(sample.level)
        terminal.writeLine(
            "sample \(sample.id): \(sample.entity) at \(stored.time): \(points(sample.score)) \(level)"
        )
        let lane = sample.lane.map { ", lane \($0)" } ?? ""
        let kind = sample.isDerived ? "derived from its members" : "own track"
        terminal.writeLine("\(kind)\(lane), \(sample.queries) queries in the tick")
        if let pinned = sample.pinned {
            terminal.writeLine("the level is pinned at \(pinned): somebody confirmed an attack")
        }
        terminal.writeLine("scored by \(stored.configurationID)")
        terminal.writeLine("calibration \(stored.calibrationID ?? "none")")
        var parts = Report([.init("part"), .init("points", isNumeric: true)])
        for part in sample.contributions {
            parts.append([.string(part.name), .number(points(part.milliPoints))])
        }
        parts.append(["= score", .number(points(sample.score))])
        terminal.write("\n")
        parts.write(to: terminal, as: .table)
        guard !observations.isEmpty else { return }
        terminal.write("\n")
        queries.write(to: terminal, as: .table)
    }

    /// Kinds of detectors whose score stands in a column of its own.
    private var evidence: [DetectorKind] { DetectorKind.all.filter { $0.evidence != nil } }

    private var queries: Report {
        let before: [Report.Column] = [
            .init("time"), .init("record"), .init("user"), .init("class"),
            .init("probability", isNumeric: true),
            .init("compared", isNumeric: true),
            .init("nearest"), .init("distance", isNumeric: true), .init("distance_alarm", isNumeric: true),
            .init("prediction_alarm", isNumeric: true), .init("crossings", isNumeric: true),
            .init("descent", isNumeric: true), .init("exact_repeats", isNumeric: true),
            .init("fall", isNumeric: true),
        ]
        let after: [Report.Column] = [
            .init("opinions"),
            .init("rungs"), .init("degraded"),
        ]
        var report = Report(before + evidence.map { .init($0.name, isNumeric: true) } + after)
        for observation in observations {
            let isUser = sample.entity.scope == .user
            let finding = isUser ? observation.findings.user : observation.findings.model
            let opinions = observation.findings.opinions.map {
                "\($0.name) \(($0.score * 1000).rounded() / 1000)\($0.disagrees ? " disagrees" : "")"
            }
            let first: [JSONValue] = [
                .string(observation.record.time.description), .string(observation.record.id.name),
                .string(observation.record.user.name), .string(observation.record.prediction.label),
                .number(observation.record.prediction.probability),
                integer(finding?.searched ?? 0),
                finding?.nearest.map { .string($0.record.name) } ?? .null,
                finding?.minimumDistance.map { .number(($0 * 1e6).rounded() / 1e6) } ?? .null,
                integer(finding?.distanceAlarm), integer(finding?.predictionAlarm),
                integer(finding?.crossings),
                finding.map { .number(($0.descent * 1e6).rounded() / 1e6) } ?? .null,
                integer(finding?.exactRepeats),
                observation.link?.step.map { .number(($0.fall * 1e6).rounded() / 1e6) } ?? .null,
            ]
            let scores = evidence.map { kind -> JSONValue in
                let score = kind.evidence?.scored(observation.findings)
                return score.map { .number(($0 * 1000).rounded() / 1000) } ?? .null
            }
            let last: [JSONValue] = [
                .string(opinions.joined(separator: ", ")),
                .string(
                    rungs(observation).filter { $0.rung > 0 }.map { "\($0.detector) \($0.rung)" }
                        .joined(separator: ", ")
                ),
                .string(observation.record.degraded.map(\.description).joined(separator: ", ")),
            ]
            report.append(first + scores + last)
        }
        return report
    }

    private func integer(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }

    var json: JSONValue {
        .object([
            "sample": .integer(sample.id),
            "entity": .string(sample.entity.description),
            "time": .string(stored.time.description),
            "tick": .integer(sample.tick.index),
            "queries": .integer(Int64(sample.queries)),
            "score_milli": .integer(sample.score),
            "level": .string(word(sample.level)),
            "lane": sample.lane.map { .string($0.description) } ?? .null,
            "lanes": .array(sample.lanes.map { .integer($0) }),
            "evidence": .integer(sample.evidence),
            "derived": .bool(sample.isDerived),
            "pinned": sample.pinned.map { .string($0.description) } ?? .null,
            "config_id": .string(stored.configurationID),
            "calibration_id": stored.calibrationID.map { .string($0) } ?? .null,
            "contributions": .array(
                sample.contributions.map {
                    .object(["name": .string($0.name), "milli": .integer($0.milliPoints)])
                }
            ),
            "queries_scored": .array(queries.objects),
        ])
    }
}
