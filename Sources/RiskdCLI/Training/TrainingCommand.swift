import Configuration
import Console
import Domain
import Foundation
import Glibc
import Pipeline
import RiskdTraining
import Runtime
import Training

/// One `riskd train`: what the flags ask for, the training, and what is written at its end.
struct TrainingCommand {
    let invocation: Invocation
    let configuration: Configuration
    private let output: String

    init(_ invocation: Invocation) throws {
        guard let output = invocation.value("out") else { throw UsageError("expected --out FILE") }
        self.invocation = invocation
        self.output = output
        configuration = try invocation.configuration()
    }

    func trainEncoder() async throws -> ExitCode {
        let input: TrainingRequest.Input = invocation.value("backbone").map { .backbone($0) } ?? .features
        let settings = try settings()
        let hidden = try invocation.number("hidden", 64, in: 1...4096)
        let asked = try invocation.number("code", 0, in: 0...65536)
        let data = try await data(input, settings)
        let width = data.examples.width
        let recipe = Recipe.encoder(
            .init(
                width: width,
                code: asked > 0 ? asked : max(8, min(128, width / 2)),
                hidden: hidden,
                classes: data.classes.count,
                tunesEncoder: data.counts.adversarial + data.counts.crafted > 0 && !invocation.has("freeze")
            )
        )
        return try await train(recipe, data, settings, "An encoder of features with a dense net on top.") {
            TrainedOpinion(encoder: $0, data: data)
        }
    }

    func trainAutoencoder() async throws -> ExitCode {
        guard let place = invocation.value("at") else {
            throw UsageError("expected --at initial or --at middle")
        }
        guard let path = invocation.value("classifier") else {
            throw UsageError("expected --classifier FILE")
        }
        guard configuration.opinions.installedRuntime() != nil else {
            throw CommandFailure(
                "ONNX Runtime is not there: install it and name its file as opinions.runtime"
            )
        }
        var classifier = try OnnxModel(file: path)
        let settings = try settings()
        let (data, recipe): (TrainingData, Recipe)
        if place == "initial" {
            let planes = try invocation.number("planes", 24, in: 1...256)
            data = try await self.data(.image, settings)
            guard let shape = data.shape else { throw UsageError("--at initial needs logged images") }
            let code = try invocation.number("code", 0, in: 0...256)
            recipe = .image(
                .init(
                    height: shape.height,
                    width: shape.width,
                    channels: shape.channels,
                    planes: planes,
                    code: code,
                    smoothing: try invocation.number("smooth", 0.7, in: 0...3)
                )
            )
        } else {
            let asked = try invocation.number("code", 0, in: 0...65536)
            data = try await self.data(
                invocation.value("backbone").map { .backbone($0) } ?? .features,
                settings
            )
            let width = data.examples.width
            if let cut = invocation.value("cut") { classifier = try classifier.tail(from: cut, width: width) }
            recipe = .features(width: width, code: asked > 0 ? asked : max(8, width / 2))
        }
        let head = classifier
        let summary = "An autoencoder (\(place)) before the original classifier, as one model."
        let sizes = data.shape.map { [$0.channels, $0.height, $0.width] } ?? [data.examples.width]
        let guide = try guide(head, sizes)
        return try await train(recipe, data, settings, summary, guide: guide) {
            try TrainedOpinion(autoencoder: $0, data: data, before: head)
        }
    }

    private func train(
        _ recipe: Recipe,
        _ data: TrainingData,
        _ settings: TrainingSettings,
        _ summary: String,
        guide: Objective.Guide? = nil,
        _ opinion: (TrainingRun.Result) throws -> TrainedOpinion
    ) async throws -> ExitCode {
        let augmentation = try augmentation(data)
        let checkpoint = output + ".checkpoint"
        let session = TrainingSession(
            recipe,
            augmentation: augmentation,
            settings: settings,
            guide: guide,
            checkpoint: checkpoint
        )
        let bar = TrainingBar(epochs: settings.epochs, invocation.terminal)
        let outcome = try await interruptible { stop in
            try await session.run(on: data, resumes: invocation.has("resume"), stop: stop, report: bar.show)
        }
        bar.finish()
        if !outcome.isFinished {
            invocation.terminal.note("interrupted; --resume goes on from \(checkpoint)")
        }
        guard let result = outcome.result else {
            invocation.terminal.writeError("no network was finished: there is no model yet")
            return .error
        }
        var model = try opinion(result).model
        // No date: the same training gives the same bytes.
        model.properties += [
            ("riskd.model", data.model.name), ("riskd.classes", data.classes.joined(separator: ",")),
            ("riskd.data", data.digest), ("riskd.seed", String(settings.seed)),
        ]
        try write(model.encoded, to: output)
        let score = try score(result, data)
        var card = TrainingCard(
            title: URL(fileURLWithPath: output).lastPathComponent,
            summary: summary,
            data: data,
            score: score,
            result: result
        )
        card.isInterrupted = !outcome.isFinished
        let text = card.markdown(settings, augmentation, date: Timestamp.now, command: CommandLine.arguments)
        try write(Array(text.utf8), to: output + ".md")
        card.report.write(to: invocation.terminal, as: .table)
        if let budget = settings.cleanDisagreement, score.cleanDisagreement > budget {
            invocation.terminal.note(
                "the budget is missed: \(percent(score.cleanDisagreement)) of clean records get another class"
            )
        }
        invocation.terminal.note("\(output) and its card \(output).md are written")
        return outcome.isFinished ? .ok : .error
    }

    /// What the written file answers, where ONNX Runtime is there; else the network itself.
    private func score(_ result: TrainingRun.Result, _ data: TrainingData) throws -> Tally {
        guard let runtime = configuration.opinions.installedRuntime() else {
            return TrainedOpinion.score(on: data) {
                result.network.outputs(of: $0, parameters: result.parameters)
            }
        }
        let session = try OpinionSession(output, runtime: runtime)
        let shape = data.shape.map { [$0.channels, $0.height, $0.width] } ?? [data.examples.width]
        return try TrainedOpinion.score(on: data) { try session.run($0, shape: shape) }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure("\(path) cannot be written")
        }
    }
}

/// Calls `body` with a flag that SIGINT or SIGTERM raises.
private func interruptible<Value: Sendable>(
    _ body: @escaping (StopFlag) async throws -> Value
) async throws -> Value {
    let stop = StopFlag()
    let signals = await Signals.take([SIGINT, SIGTERM])
    let watch = Task.detached {
        if await signals.next() != nil { stop.raise() }
    }
    defer { watch.cancel() }
    return try await body(stop)
}
