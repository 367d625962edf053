import Configuration
import Console
import Domain
import RiskdTraining
import Training

/// What the flags ask for.
extension TrainingCommand {
    func settings() throws -> TrainingSettings {
        var settings = TrainingSettings()
        settings.seed = try invocation.number("seed", settings.seed, in: 0...UInt64(Int64.max))
        settings.epochs = try invocation.number("epochs", settings.epochs, in: 1...100_000)
        settings.learningRate = try invocation.number("rate", settings.learningRate, in: 1e-6...1)
        if invocation.value("clean-disagreement") != nil {
            settings.cleanDisagreement = try invocation.number("clean-disagreement", 0.0, in: 0...1)
        }
        settings.patience = try invocation.number("patience", settings.patience, in: 1...100_000)
        return settings
    }

    func data(
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
        request.crafting = try crafting()
        let data = try await TrainingData(request, runtime: configuration.opinions.installedRuntime())
        for note in data.notes { invocation.terminal.note(note) }
        let counts = data.counts
        invocation.terminal.note(
            "\(data.model): \(counts.clean) clean and \(counts.adversarial) adversarial records "
                + "(\(counts.successful) successful), \(data.examples.width) numbers each"
        )
        if counts.crafted > 0 {
            invocation.terminal.note(
                "\(counts.crafted) adversarial examples crafted (\(counts.craftedSuccessful) successful)"
            )
        }
        return data
    }

    /// What `--guide` asks for.
    func guide(_ classifier: OnnxModel, _ inputShape: [Int]) throws -> Objective.Guide? {
        let weight: Float = try invocation.number("guide", 0, in: 0...1000)
        guard weight > 0 else { return nil }
        return Objective.Guide(try ClassifierNetwork(classifier, inputShape: inputShape), weight: weight)
    }

    private func crafting() throws -> TrainingRequest.Crafting? {
        let attempts = try invocation.number("craft", 0, in: 0...1000)
        guard attempts > 0 else { return nil }
        guard let classifier = invocation.value("classifier") else {
            throw UsageError("--craft needs --classifier, whose mistakes it looks for")
        }
        return TrainingRequest.Crafting(
            classifier: classifier,
            attempts: attempts,
            variations: try invocation.number("vary", attempts, in: 0...1000),
            size: try invocation.number("craft-size", 16, in: 1...255),
            weight: try invocation.number("craft-weight", 1, in: 0...1000)
        )
    }

    func augmentation(_ data: TrainingData) throws -> Augmentation {
        var augmentation = Augmentation()
        let isImage = data.shape != nil
        let noise = try invocation.number("noise", isImage ? Float(16) : 0, in: 0...255)
        augmentation.noise = isImage ? noise / 255 : noise
        augmentation.displacedShare = try invocation.number("displace", 0.7, in: 0...1)
        augmentation.mixesClasses = isImage
        augmentation.limits = isImage ? 0...1 : nil
        return augmentation
    }
}
