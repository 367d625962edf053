import Configuration
import Domain
import Foundation
import Glibc
import RiskdDaemon
import RiskdTraining
import Runtime
import Training

/// One `riskd train`: what the flags ask for, the training, and what is written at its end.
struct TrainingCommand {
    private let invocation: Invocation
    private let configuration: Configuration
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
                tunesEncoder: data.counts.adversarial > 0 && !invocation.has("freeze")
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
        var classifier = try readModel(path)
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
                    code: code
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
        return try await train(recipe, data, settings, summary) {
            try TrainedOpinion(autoencoder: $0, data: data, before: head)
        }
    }

    private func readModel(_ path: String) throws -> OnnxModel {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("\(path) cannot be read")
        }
        do {
            return try OnnxModel([UInt8](bytes))
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    private func settings() throws -> TrainingSettings {
        var settings = TrainingSettings()
        settings.seed = try invocation.number("seed", settings.seed, in: 0...UInt64(Int64.max))
        settings.epochs = try invocation.number("epochs", settings.epochs, in: 1...100_000)
        settings.learningRate = try invocation.number("rate", settings.learningRate, in: 1e-6...1)
        settings.patience = try invocation.number("patience", settings.patience, in: 1...100_000)
        return settings
    }

    private func data(
        _ input: TrainingRequest.Input,
        _ settings: TrainingSettings
    ) async throws -> TrainingData {
        var request = TrainingRequest()
        request.logs = invocation.arguments
        request.adversarial = invocation.values("adversarial")
        request.truth = invocation.values("truth")
        guard request.adversarial.isEmpty || !request.truth.isEmpty else {
            throw UsageError("--adversarial needs --truth, which says what each record came from")
        }
        request.labels = invocation.values("labels")
        request.model = invocation.value("model").map { ModelID($0) }
        request.classes = invocation.classes
        request.split = try invocation.split()
        guard request.split == nil || !request.truth.isEmpty else {
            throw UsageError("--split needs --truth, which says what each record came from")
        }
        request.input = input
        request.seed = settings.seed
        request.workers = configuration.workers
        request.adversarialWeight = try invocation.number("adversarial-weight", 10, in: 0...1000)
        let data = try await TrainingData(request, runtime: configuration.opinions.installedRuntime())
        for note in data.notes { invocation.terminal.note(note) }
        let counts = data.counts
        invocation.terminal.note(
            "\(data.model): \(counts.clean) clean and \(counts.adversarial) adversarial records "
                + "(\(counts.successful) successful), \(data.examples.width) numbers each"
        )
        return data
    }

    private func augmentation(_ data: TrainingData) throws -> Augmentation {
        var augmentation = Augmentation()
        let isImage = data.shape != nil
        let noise = try invocation.number("noise", isImage ? Float(16) : 0, in: 0...255)
        augmentation.noise = isImage ? noise / 255 : noise
        augmentation.displacedShare = try invocation.number("displace", 0.7, in: 0...1)
        augmentation.mixesClasses = isImage
        augmentation.limits = isImage ? 0...1 : nil
        return augmentation
    }

    private func train(
        _ recipe: Recipe,
        _ data: TrainingData,
        _ settings: TrainingSettings,
        _ summary: String,
        _ opinion: (TrainingRun.Result) throws -> TrainedOpinion
    ) async throws -> ExitCode {
        let augmentation = try augmentation(data)
        let checkpoint = output + ".checkpoint"
        let session = TrainingSession(
            recipe,
            augmentation: augmentation,
            settings: settings,
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
        invocation.terminal.note("\(output) and its card \(output).md are written")
        return outcome.isFinished ? .ok : .error
    }

    /// What the written file answers, where ONNX Runtime is there; else the network itself.
    private func score(_ result: TrainingRun.Result, _ data: TrainingData) throws -> TrainedOpinion.Score {
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
